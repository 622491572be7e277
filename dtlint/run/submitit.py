"""Functions that a script submits to Slurm with submitit: the job that its executor asks for, and the tasks of `srun`
that call the function.

`AutoExecutor._internal_update_parameters` of submitit/auto/auto.py, `_equivalence_dict` and `_make_sbatch_string` of
submitit/slurm/slurm.py (1.5): a batch script with these options starts `srun` on the nodes that it is granted.  What is
given as None is not set; names with `slurm_` in front win over the common ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from dtlint.job.launch import Launch
from dtlint.job.process import Process
from dtlint.job.site import Cluster, Site
from dtlint.run.effects.submitit import AUTO
from dtlint.run.environment import Environment
from dtlint.run.files import Files
from dtlint.run.script import ScriptContext
from dtlint.run.script.objects import DictObject, Thing, as_value
from dtlint.run.script.trace import Child, Event, ScriptRun
from dtlint.run.word import plain
from dtlint.source import Span
from dtlint.tools import slurm
from dtlint.value import How, Step, Value, absent, unknown

_COMMON: Final = {
    "nodes": "--nodes",
    "tasks_per_node": "--ntasks-per-node",
    "gpus_per_node": "--gpus-per-node",
    "cpus_per_task": "--cpus-per-task",
}
"""What the parameters of `AutoExecutor` mean on Slurm."""
_SLURM: Final = {
    "nodes": "--nodes",
    "ntasks_per_node": "--ntasks-per-node",
    "gpus_per_node": "--gpus-per-node",
    "num_gpus": "--gpus-per-node",
    "gpus_per_task": "--gpus-per-task",
    "cpus_per_task": "--cpus-per-task",
    "cpus_per_gpu": "--cpus-per-gpu",
    "gres": "--gres",
    "exclusive": "--exclusive",
}
_UNFOLLOWED: Final = frozenset({"srun_args", "use_srun", "setup"})
"""Parameters that put commands and options of their own into the batch script."""
_MORE: Final = "additional_parameters"


def request(run: ScriptRun, event: Event) -> slurm.Request | None:
    """What the executor of a call of `submit` asks for; None where it may start the function in another way."""
    made = next((each for each in run.events if each.result is event.receiver), None)
    if made is None or made.open:
        return None
    cluster = made.argument("cluster") if made.name == AUTO else absent()
    if not cluster.is_absent and cluster.string != "slurm" and not _nothing(cluster):
        return None
    asked: dict[str, Value] = {}
    hidden: Span | None = None
    for each in run.events[: event.index]:
        if each.method != "update_parameters" or each.receiver is not event.receiver:
            continue
        if not each.surely:
            return None
        hidden = hidden or (each.at if each.open else None)
        for name, thing in _options(each, made.name == AUTO):
            if name in _UNFOLLOWED:
                return None
            if name == _MORE and not (isinstance(thing, DictObject) and thing.complete):
                return None
            value = as_value(thing)
            if name.startswith("--") and not _nothing(value):
                asked[name] = value.because(Step(How.OPTION, f"{name}={value}", each.at)) if not value.trail else value
    if hidden is not None:
        for name in {*_COMMON.values(), *_SLURM.values()} - set(asked):
            asked[name] = unknown(name, key=("submitted", hidden, name))
    return slurm.Request(variables=asked)


def _options(event: Event, auto: bool) -> Iterator[tuple[str, Thing]]:
    """Options of `sbatch` with what is given for them, those that win last."""
    for name, thing in event.keywords.items():
        if auto and name in _COMMON:
            yield _COMMON[name], thing
    for written, thing in event.keywords.items():
        if auto and not written.startswith("slurm_"):
            continue
        name = written.removeprefix("slurm_") if auto else written
        yield (_COMMON if auto and name in _COMMON else _SLURM).get(name, name), thing
        if name == _MORE and isinstance(thing, DictObject):
            yield from ((f"--{str(key).replace('_', '-')}", each) for key, each in thing.entries.items())


def _nothing(value: Value) -> bool:
    return value.known and value.constant is None


def launch(run: ScriptRun, child: Child, parent: Process, files: Files) -> Launch | None:
    """The step of Slurm in which each task calls the function of `child`."""
    asked = request(run, child.event)
    if asked is None:
        return None
    site = Site(files, Cluster(absent(), absent()), ())
    allocation = slurm.allocate(asked, child.at, site, child.at)
    variables = slurm.batch_environment(allocation, asked)
    environment = Environment(variables, scope=("submitted", child.at), assumed=parent.environment.assumed)
    exec = replace(
        parent.exec,
        argv=(plain("srun", child.at), *parent.exec.argv),
        environment=environment,
        host=allocation.hosts[0],
        at=child.at,
    )
    started = slurm.spawn(exec, exec.argv[1:], "srun", site.within(allocation))
    if started is not None:
        started.tool = "submitit"
    return started


def tasks(started: Launch, parent: Process) -> Iterator[Process]:
    """The processes that are looked at."""
    for child in started.children:
        yield Process(
            exec=replace(
                parent.exec, environment=child.environment, host=child.host, directory=child.directory, at=child.at
            ),
            script=parent.script,
            module=parent.module,
            arguments=parent.arguments,
            launch=started,
            node=child.node,
            local=child.local,
            rank=child.rank,
            presumed=parent.presumed,
        )


def context(process: Process, files: Files) -> ScriptContext:
    """What the function finds in one of them."""
    return ScriptContext(
        environment=process.environment,
        arguments=process.arguments,
        directory=process.exec.directory,
        host=process.host,
        files=files,
        scope=(process.exec.at, process.node, process.local),
    )
