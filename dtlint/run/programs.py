"""Which Python files are programs of jobs that nobody launches: scripts that make a process group, and notebooks."""

from __future__ import annotations

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
from dtlint.run.files import Files
from dtlint.run.imported import imported
from dtlint.source import Source

_MAKERS: Final = (
    "init_process_group",
    "Accelerator(",
    "deepspeed.initialize",
    "init_distributed",
    "hvd.init(",
    "jax.distributed.initialize(",
    "MultiWorkerMirroredStrategy(",
)

MAKES_A_GROUP: Final = re.compile("|".join((*map(re.escape, _MAKERS), r"\bdist\.init\b")))
"""A Python script that makes a process group itself, or has something make it."""

DRIVES_ALL: Final = re.compile(
    r"\bjax\.(?:sharding|make_mesh|experimental\.maps)\b|\bTorch(?:Trainer|Distributor)\("
    r"|\bdistribute\.(?:experimental\.)?(?:MirroredStrategy|ParameterServerStrategy)\("
    r"|\b(?:L|pl|lightning(?:\.pytorch)?)\.Trainer\(|\bFabric\("
    r"|^from[ \t]+(?:pytorch_)?lightning[\w.]*[ \t]+import\b[^\n]*\bTrainer\b"
    r"|\bLLM\([^)]{0,400}\btensor_parallel_size\b",
    re.MULTILINE,
)
"""A Python script of which one process has several devices at work, or starts the workers itself."""

_TAKES_TRAINER: Final = re.compile(
    r"^from[ \t]+(?:pytorch_)?lightning[\w.]*[ \t]+import\b[^\n]*\bTrainer\b", re.MULTILINE
)
"""A script that names Lightning's Trainer without the module in front."""
_TRAINER: Final = re.compile(r"\bTrainer\(")

_WRAPS: Final = re.compile(r"\bDistributedDataParallel\b[^\n]*\bas\b|\bDistributedDataParallel\(")
"""A script that wraps a model in what needs a process group."""

LAUNCHES_PROCESSES: Final = re.compile(r"notebook_launcher|\.spawn\(|start_processes|\bProcess\(")
"""A notebook that starts processes; alone it is one, and says nothing of a job."""

_NO_PROGRAM: Final = re.compile(r"(?:.*/)?(?:setup|conftest|__init__|__main__|noxfile|test_\w*|\w*_test)\.py|.*\.pyi")
"""Files with top-level code that nobody starts for a job."""


def is_program(path: str, files: Files, scripts: Iterable[str]) -> bool:
    """The file is a script to be started, and makes a process group: it has a main part, or code outside of functions
    makes the group and no other file imports it.  `scripts` gives the files that may.

    Where only a module that it imports has the words for that, or where it has only those for a wrapped model, the
    script's run on paper tells whether it does.
    """
    source = files.source(path)
    if source is None:
        return False
    guarded = "__main__" in source.text
    if _NO_PROGRAM.fullmatch(path) and not (guarded and makes_itself(source)):
        return False
    folder, _, name = path.rpartition("/")
    if not guarded and files.exists(f"{folder}/__init__.py" if folder else "__init__.py"):
        return False
    asked = makes_itself(source) or wraps(source.text)
    if not asked and not any(makes_a_group(module.text) or wraps(module.text) for module in imported(path, files)):
        return False
    program = files.script(path)
    if program is None or program.main:
        return program is not None
    if guarded or not (_makes_on_top(program, source.text) if makes_itself(source) else any(_calls(program.body))):
        return False
    imports = _imports(re.escape(name.removesuffix(".py")), re.escape(folder.rpartition("/")[2]))
    for other in {*scripts, *files.listing(folder)} - {path}:
        read = files.source(other) if other.endswith(".py") else None
        if read is not None and imports.search(read.text):
            return False
    return True


def _imports(name: str, folder: str) -> re.Pattern[str]:
    """Lines that may import a module: as such, or out of its package; `from ray import train` takes no `train.py`."""
    package = rf"(?:[\w.]*\.)?{folder}" if folder else r"\.+"
    return re.compile(
        rf"^[ \t]*(?:import\b(?:[^\n]*,)?[ \t]*(?:{package}\.)?{name}\b"
        rf"|from[ \t]+(?:\.+|{package}\.)?{name}[ \t]+import\b"
        rf"|from[ \t]+(?:\.+[\w.]*|{package})[ \t]+import\b[^\n]*\b{name}\b)",
        re.MULTILINE,
    )


def makes_itself(source: Source) -> bool:
    """The text has the words with which a process group is made."""
    return makes_a_group(source.text) or DRIVES_ALL.search(source.text) is not None


def wraps(text: str) -> bool:
    """The text has the words with which a model is wrapped for several processes."""
    return "DistributedDataParallel" in text and _WRAPS.search(text) is not None


def makes_a_group(text: str) -> bool:
    """`MAKES_A_GROUP` finds something in the text."""
    # Most texts have none of the words, and to look for these takes a hundredth of the time of the pattern.
    return any(word in text for word in (*_MAKERS, "dist.init")) and MAKES_A_GROUP.search(text) is not None


def _makes_on_top(program: ScriptProgram, text: str) -> bool:
    """A call outside of functions and classes makes a process group or drives several devices, or calls a function or a
    class of the file that does."""
    makers = (MAKES_A_GROUP, DRIVES_ALL, *((_TRAINER,) if _TAKES_TRAINER.search(text) else ()))
    functions = {one.name: one for one in program.body if isinstance(one, FunctionDef | ClassDef)}
    called: set[str] = set()
    pending = list(_calls(program.body))
    while pending:
        call = pending.pop()
        if any(pattern.search(text, call.at.start, call.at.end) for pattern in makers):
            return True
        name = call.func.id if isinstance(call.func, Name) else ""
        if name in functions and name not in called:
            called.add(name)
            pending += _within(functions[name])
    return False


def _within(statement: FunctionDef | ClassDef) -> Iterator[Call]:
    """The calls of a function, or of all methods of a class."""
    yield from _calls(statement.body)
    for method in statement.body if isinstance(statement, ClassDef) else ():
        if isinstance(method, FunctionDef):
            yield from _calls(method.body)


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
