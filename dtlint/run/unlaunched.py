"""A script that makes a process group and that nobody launches (presumption 1): one host, two or more processes."""

from __future__ import annotations

import posixpath
import re
from dataclasses import replace
from typing import Final

from dtlint.job.launch import Launch, Rendezvous
from dtlint.job.process import Process
from dtlint.job.run import Run
from dtlint.job.site import Cluster
from dtlint.run.copying import SEVERAL_GPUS
from dtlint.run.devices import INITIALISER
from dtlint.run.effects import Effect
from dtlint.run.effects.submitit import SUBMITS
from dtlint.run.effects.tensorflow import STRATEGY
from dtlint.run.environment import Environment
from dtlint.run.files import Files
from dtlint.run.host import Host, unknown_host
from dtlint.run.json_text import written
from dtlint.run.link import with_cluster
from dtlint.run.programs import makes_a_group, makes_itself
from dtlint.run.script import Event, ScriptContext, ScriptRun, run_script
from dtlint.run.strategies import CONFIG
from dtlint.run.word import Exec, Piece, Word, plain
from dtlint.run.wrapping import DDP
from dtlint.source import Span
from dtlint.tools.options import Options
from dtlint.value import How, Step, Value, absent, fields, known, unknown

_GIVEN: Final = frozenset(("RANK", "LOCAL_RANK", "WORLD_SIZE", "SLURM_PROCID", "OMPI_COMM_WORLD_RANK"))
"""Variables of launchers: who reads one before it starts processes may be launched on several hosts."""
PRESUMED = "in a job of two or more processes on one host"
_TOGETHER: Final = (Effect.WRAPS, Effect.SHARDS, Effect.PREPARES)
"""What only a script does that is to train on several processes."""
_SWITCH: Final = re.compile(
    r"(?!(?:no|not|non|disable|without|skip)[-_])(?:.*distribut|.*multi[-_]?(?:gpu|process|node)"
    r"|(?:.*[-_])?(?:ddp|fsdp|deepspeed|horovod)(?:[-_].*)?$)"
)
"""Names of switches that make a script distribute its work, such as `--multiprocessing-distributed`."""
_MOST_SWITCHES: Final = 3
"""Switches of one script that are tried, each in a run on paper."""


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
    itself = makes_itself(source)
    if itself and not makes_a_group(source.text):
        run.processes.append(_alone(path, host, assumed))
        return
    context = host_context(path, files, 0, size, cluster, assumed)
    first = run_script(path, context)
    given: tuple[Word, ...] = ()
    presumed: tuple[str, ...] = ()
    if not _distributes(first):
        switched = _switched(first, context, at)
        # Where only a module that it imports has the words for a group, there is no job to speak of without one, nor
        # without a model that is surely wrapped.
        if switched is None and not itself and not any(event.surely for event in first.called(DDP)):
            return
        if switched is not None:
            switch, given, first = switched
            presumed = (f"started with {switch}",)
    surely = bool(first.children) or any(event.surely for event in first.effects(Effect.INITIALISES))
    if not (itself or surely or any(first.effects(*_TOGETHER))):
        return  # a library may make a group, and the script may well be meant for one process
    if any(child.event.name in SUBMITS for child in first.children) or any(map(_of_one, first.called(INITIALISER))):
        run.processes.append(_alone(path, host, assumed, given, presumed))
        return
    if _starts_its_workers(first):
        if cluster.gpus_per_node.is_absent and not all(child.nprocs.known for child in first.children):
            host = host.seeing(unknown("the GPUs of the host", key=("gpus", path), low=2, whole=True))
            presumed = (*presumed, SEVERAL_GPUS)
        run.processes.append(_alone(path, host, assumed, given, presumed))
        return
    local_rank = _local_rank_option(first)
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
    told = any(write.name == CONFIG for write in first.writes)
    worker = any(first.called(STRATEGY)) and not told
    for local in (0, 1):
        context = host_context(path, files, local, size, cluster, assumed, worker)
        arguments = (*given, plain(f"{local_rank}={local}", at, (step,))) if local_rank else given
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
                presumed=(PRESUMED, *presumed),
            )
        )


def _alone(
    path: str,
    host: Host,
    assumed: dict[str, Value],
    arguments: tuple[Word, ...] = (),
    presumed: tuple[str, ...] = (),
) -> Process:
    """One process that nobody launches."""
    at = Span(path, 0, 0)
    environment = Environment({}, scope=("alone", path), closed=False, assumed=assumed)
    exec = Exec((plain("python", at), plain(path, at)), environment, known("."), at, host)
    return Process(exec=exec, script=path, module=None, arguments=arguments, launch=None, presumed=presumed)


def _of_one(event: Event) -> bool:
    """It makes a group of this process alone, as scripts do that only convert a checkpoint."""
    return event.surely and event.argument("world_size").integer == 1


def _distributes(run: ScriptRun) -> bool:
    """It makes a group, or starts processes, or was not followed far enough to say that it does not."""
    return run.truncated or bool(run.children) or any(run.effects(Effect.INITIALISES))


def _switched(run: ScriptRun, context: ScriptContext, at: Span) -> tuple[str, tuple[Word, ...], ScriptRun] | None:
    """The switch with which a script distributes its work that does not do so by itself, with the arguments that have
    it, and its run with them.  What else it is given is not known."""
    options = [option for parser in run.parsers for option in parser.options if option.action == "store_true"]
    names = [name for option in options for name in option.names if _SWITCH.match(name.lstrip("-").lower())]
    for name in names[:_MOST_SWITCHES]:
        others = unknown("the other arguments", key=("other arguments", at.path))
        given = (Word((Piece(others, at),), at, "…", many=True), plain(name, at))
        switched = run_script(at.path, replace(context, arguments=given))
        if _distributes(switched) and not switched.truncated:
            return name, given, switched
    return None


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
    path: str,
    files: Files,
    local: int,
    size: Value,
    cluster: Cluster,
    assumed: dict[str, Value],
    worker: bool = False,
) -> ScriptContext:
    """What process `local` finds; a `worker` of TensorFlow finds in `TF_CONFIG` which one it is."""
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
    if worker:
        task = fields({"type": known("worker"), "index": known(local, step)})
        cluster_of = unknown("the cluster", key=("presumed cluster", path))
        told = written(fields({"cluster": cluster_of, "task": task}))
        given |= {CONFIG: told} if told is not None else {}
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


def _starts_its_workers(run: ScriptRun) -> bool:
    """It surely makes no group itself but has processes that it starts make one, so that nobody uses a launcher."""
    if run.truncated or not run.children or any(read.name in _GIVEN and not read.branches for read in run.reads):
        return False
    return all(child.event.surely for child in run.children) and not any(run.effects(Effect.INITIALISES))


def _local_rank_option(run: ScriptRun) -> str | None:
    """The option in which the script expects its local rank from `torch.distributed.launch`, if it has one."""
    for parser in run.parsers:
        for name in ("--local_rank", "--local-rank"):
            if parser.accepts(name):
                return name
    return None
