"""A script that makes a process group and that nobody launches (presumption 1): one host, two or more processes."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from typing import Final

from dtlint.facts.script import (
    Assign,
    Attribute,
    Call,
    ClassDef,
    Expr,
    ExprStatement,
    For,
    FunctionDef,
    If,
    Name,
    ScriptProgram,
    Stmt,
    Try,
    While,
    With,
)
from dtlint.job.launch import Launch, Rendezvous
from dtlint.job.process import Process
from dtlint.job.run import Run
from dtlint.job.site import Cluster
from dtlint.run.environment import Environment
from dtlint.run.files import Files
from dtlint.run.host import Host, unknown_host
from dtlint.run.link import with_cluster
from dtlint.run.script import ScriptContext, run_script
from dtlint.run.word import Exec, plain
from dtlint.source import Span
from dtlint.tools.options import Options
from dtlint.value import How, Step, Value, absent, known, unknown

MAKES_A_GROUP: Final = re.compile(
    r"init_process_group|Accelerator\(|deepspeed\.initialize|init_distributed|hvd\.init\(|\bdist\.init\b"
    r"|jax\.distributed\.initialize\(|MultiWorkerMirroredStrategy\("
)
"""A Python script that makes a process group itself, or has something make it."""

DRIVES_ALL: Final = re.compile(r"\bjax\.(?:sharding|make_mesh|experimental\.maps)\b|\bTorchTrainer\(")
"""A Python script of which one process has several devices at work, or starts the workers itself."""

LAUNCHES_PROCESSES: Final = re.compile(r"notebook_launcher|\.spawn\(|start_processes|\bProcess\(")
"""A notebook that starts processes; alone it is one, and says nothing of a job."""

_NO_PROGRAM: Final = re.compile(r"(?:.*/)?(?:setup|conftest|__init__|__main__|noxfile|test_\w*|\w*_test)\.py|.*\.pyi")
"""Files with top-level code that nobody starts for a job."""

PRESUMED = "in a job of two or more processes on one host"

def is_program(path: str, files: Files, scripts: Iterable[str]) -> bool:
    """The file is a script to be started, and makes a process group: it has a main part, or code outside of functions
    makes the group and no other file imports it.  `scripts` gives the files that may."""
    source = files.source(path)
    # Looked for first because it is rare, and a plain search costs nothing.
    if source is None or not (MAKES_A_GROUP.search(source.text) or DRIVES_ALL.search(source.text)):
        return False
    guarded = "__main__" in source.text
    if not guarded and _NO_PROGRAM.fullmatch(path):
        return False
    program = files.script(path)
    if program is None or program.main:
        return program is not None
    if guarded or not _makes_on_top(program, source.text):
        return False
    folder, _, name = path.rpartition("/")
    if files.exists(f"{folder}/__init__.py" if folder else "__init__.py"):
        return False
    imports = re.compile(rf"^[ \t]*(?:import|from)\b[^\n]*\b{re.escape(name.removesuffix('.py'))}\b", re.MULTILINE)
    for other in {*scripts, *files.listing(folder)} - {path}:
        read = files.source(other) if other.endswith(".py") else None
        if read is not None and imports.search(read.text):
            return False
    return True


def _makes_on_top(program: ScriptProgram, text: str) -> bool:
    """A call outside of functions and classes makes a process group, or calls a function of the file that does."""
    functions = {statement.name: statement for statement in program.body if isinstance(statement, FunctionDef)}
    called: set[str] = set()
    pending = list(_calls(program.body))
    while pending:
        call = pending.pop()
        if MAKES_A_GROUP.search(text, call.at.start, call.at.end):
            return True
        name = call.func.id if isinstance(call.func, Name) else ""
        if name in functions and name not in called:
            called.add(name)
            pending += _calls(functions[name].body)
    return False


def _calls(body: tuple[Stmt, ...]) -> Iterator[Call]:
    """Calls that statements consist of, functions and classes left out."""
    for statement in body:
        match statement:
            case FunctionDef() | ClassDef():
                continue
            case ExprStatement(value=Call() as call) | Assign(value=Call() as call):
                yield call
                yield from _inner(call.func)
            case If() | For() | While():
                yield from _calls((*statement.body, *statement.otherwise))
            case With():
                yield from (context for context, _ in statement.items if isinstance(context, Call))
                yield from _calls(statement.body)
            case Try():
                handled = tuple(inner for handler in statement.handlers for inner in handler[2])
                yield from _calls((*statement.body, *handled, *statement.otherwise, *statement.final))
            case _:
                pass


def _inner(function: Expr) -> Iterator[Call]:
    """The calls in `Trainer(…).fit(…)` before the last one."""
    while isinstance(function, Attribute):
        function = function.value
    if isinstance(function, Call):
        yield function
        yield from _inner(function.func)


def present(run: Run, files: Files, cluster: Cluster, assumed: dict[str, Value]) -> None:
    """Start the script under a launcher that sets the variables of `torchrun`, with default arguments."""
    path = run.root
    source = files.source(path)
    if source is None or files.script(path) is None:
        return
    at = Span(path, 0, 0)
    step = Step(How.PRESUMED, PRESUMED, at)
    host = with_cluster(unknown_host(0, path), cluster)
    size = unknown("the world size", key=("world size", path), low=2, whole=True).because(step)
    run.files.add(path)
    if not MAKES_A_GROUP.search(source.text):
        run.processes.append(_alone(path, host, assumed))
        return
    local_rank = _local_rank_option(path, files, host_context(path, files, 0, size, cluster, assumed))
    launch = Launch(
        tool="presumed",
        exec=Exec((plain("python", at), plain(path, at)), Environment(), known("."), at, host),
        options=Options(),
        nodes=known(1, step),
        per_node=size,
        total=size,
        node_rank=absent(),
        rendezvous=Rendezvous("presumed", absent(), absent(), absent(), chosen=True),
    )
    run.launches.append(launch)
    for local in (0, 1):
        context = host_context(path, files, local, size, cluster, assumed)
        arguments = (plain(f"{local_rank}={local}", at, (step,)),) if local_rank else ()
        exec = Exec((plain("python", at), plain(path, at)), context.environment, known("."), at, host)
        run.processes.append(
            Process(
                exec=exec,
                script=path,
                module=None,
                arguments=arguments,
                launch=launch,
                local=local,
                rank=known(local, step),
                presumed=(PRESUMED,),
            )
        )


def _alone(path: str, host: Host, assumed: dict[str, Value]) -> Process:
    """One process that nobody launches."""
    at = Span(path, 0, 0)
    environment = Environment({}, scope=("alone", path), closed=False, assumed=assumed)
    exec = Exec((plain("python", at), plain(path, at)), environment, known("."), at, host)
    return Process(exec=exec, script=path, module=None, arguments=(), launch=None)


def open_notebook(run: Run, files: Files, cluster: Cluster, assumed: dict[str, Value]) -> None:
    """The kernel, one process, runs the cells in order."""
    path = run.root
    at = Span(path, 0, 0)
    run.files.add(path)
    environment = Environment({}, scope=("notebook", path), closed=False, assumed=assumed)
    host = with_cluster(unknown_host(0, path), cluster)
    exec = Exec((plain("ipykernel", at), plain(path, at)), environment, known(posixpath.dirname(path) or "."), at, host)
    run.processes.append(Process(exec=exec, script=path, module=None, arguments=(), launch=None))


def host_context(
    path: str, files: Files, local: int, size: Value, cluster: Cluster, assumed: dict[str, Value]
) -> ScriptContext:
    """What process `local` finds."""
    step = Step(How.PRESUMED, PRESUMED, Span(path, 0, 0))
    given = {
        "RANK": known(str(local), step),
        "LOCAL_RANK": known(str(local), step),
        "WORLD_SIZE": size,
        "LOCAL_WORLD_SIZE": size,
        "MASTER_ADDR": unknown("$MASTER_ADDR", key=("presumed address", path)),
        "MASTER_PORT": unknown("$MASTER_PORT", key=("presumed port", path)),
    }
    source = files.source(path)
    if source is not None and "hvd.init(" in source.text:
        given |= {f"HOROVOD_{name}": given[name] for name in ("RANK", "LOCAL_RANK")}
        given |= {"HOROVOD_SIZE": size, "HOROVOD_LOCAL_SIZE": size}
    # Other launchers set other names: what this script reads beyond those of torchrun may be set as well.
    environment = Environment(given, scope=("presumed", path), closed=False, assumed=assumed)
    return ScriptContext(
        environment=environment,
        arguments=(),
        directory=known("."),
        host=with_cluster(unknown_host(0, path), cluster),
        files=files,
        scope=("presumed", path, local),
        defaults_hold=True,
    )


def _local_rank_option(path: str, files: Files, context: ScriptContext) -> str | None:
    """The option in which the script expects its local rank from `torch.distributed.launch`, if it has one."""
    source = files.source(path)
    if source is None or "local" not in source.text:
        return None
    run = run_script(path, context)
    for parser in run.parsers:
        for name in ("--local_rank", "--local-rank"):
            if parser.accepts(name):
                return name
    return None
