"""Processes that a script starts itself: noted as children, and run by going through the script once more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dtlint.run.effects import Row
from dtlint.run.effects.spark import DISTRIBUTOR
from dtlint.run.effects.submitit import SUBMITS
from dtlint.run.script.call import Arguments
from dtlint.run.script.objects import DictObject, FunctionObject, Instance, ListObject, Thing, as_value, identity
from dtlint.run.script.state import Reached
from dtlint.run.script.trace import Child, Event
from dtlint.value import How, Step, Value, known, unknown

if TYPE_CHECKING:
    from dtlint.run.script.apply import Caller

RAY: Final = "ray.train.torch.TorchTrainer"
SPARK: Final = f"{DISTRIBUTOR}.run"
NOTEBOOK_LAUNCHER: Final = "accelerate.notebook_launcher"
_SPAWNERS: Final = ("spawn", "start_processes")


def spawned(machine: Caller, event: Event, row: Row) -> None:
    """Note what a spawning call starts; raises `Reached` if this is the spawn to be gone on from."""
    function = event.thing(row.function)
    if function is None:
        return
    ordinal = machine.spawns
    machine.spawns += 1
    if event.name in SUBMITS:
        _submitted(machine, event, function, ordinal)
        return
    machine.escape(*[thing for thing in event.objects if not isinstance(thing, FunctionObject)])
    args = event.thing("args")
    handed = args.items if isinstance(args, ListObject) else ()
    keywords = event.thing("kwargs")
    named = dict(keywords.entries) if isinstance(keywords, DictObject) else {}
    if event.name == RAY:
        _ray_workers(machine, event, function, ordinal)
        return
    if event.name == SPARK:
        _spark_tasks(machine, event, function, ordinal)
        return
    if event.name == NOTEBOOK_LAUNCHER:
        _from_notebook(machine, event, function, handed, ordinal)
        return
    indexed = event.method in _SPAWNERS
    nprocs = event.argument("nprocs").or_default(known(1)) if indexed else _rounds(machine)
    machine.run.children.append(Child(function, nprocs, event.at, event, ordinal, machine.run_child))
    replay = machine.replay
    if replay is not None and replay.ordinal == ordinal:
        index = known(replay.index)
        if indexed:
            raise Reached(function, (index, *handed), {}, event.at)
        given = tuple([_placed(machine, thing, index) for thing in handed])
        raise Reached(function, given, {str(key): _placed(machine, thing, index) for key, thing in named.items()},
                      event.at)  # fmt: skip


def _submitted(machine: Caller, event: Event, function: Thing, ordinal: int) -> None:
    """A job of Slurm calls the function in each of its tasks, with copies of what it is given (submitit.core.utils,
    `DelayedSubmission`)."""
    tasks = unknown("the tasks of the job", key=("tasks", event.at), low=1, whole=True)
    machine.run.children.append(Child(function, tasks, event.at, event, ordinal, machine.run_child))
    if machine.replay is not None and machine.replay.ordinal == ordinal:
        named = {name: thing for name, thing in event.keywords.items() if name != "fn"}
        raise Reached(function, event.positional[1:], named, event.at)


def _ray_workers(machine: Caller, event: Event, function: Thing, ordinal: int) -> None:
    """Ray starts the function once for each worker, with the configuration if it takes one."""
    scaling = event.thing("scaling_config")
    count = scaling.attributes.get("num_workers") if isinstance(scaling, Instance) else None
    nprocs = as_value(count) if count is not None else unknown("the workers", key=("workers", event.at))
    machine.run.children.append(Child(function, nprocs, event.at, event, ordinal, machine.run_child))
    if machine.replay is not None and machine.replay.ordinal == ordinal:
        for name, value in told_elsewhere(event, nprocs).items():
            machine.heap.store(machine.environment, name, value)
        # It has made the process group by then (`_TorchBackend.on_start` of python/ray/train/torch/config.py).
        machine.heap.store(machine.group, "initialised", known(True))
        takes = isinstance(function, FunctionObject) and function.parameters
        config = event.thing("train_loop_config")
        raise Reached(function, (config,) if takes and config is not None else (), {}, event.at)


def _spark_tasks(machine: Caller, event: Event, function: Thing, ordinal: int) -> None:
    """Spark's barrier tasks, or torchrun on the driver, each call the function with what stands behind it."""
    if not isinstance(function, FunctionObject):
        return  # the path of a script
    distributor = event.receiver
    count = distributor.attributes.get("num_processes") if isinstance(distributor, Instance) else None
    nprocs = as_value(count) if count is not None else unknown("the processes", key=("processes", event.at))
    machine.run.children.append(Child(function, nprocs, event.at, event, ordinal, machine.run_child))
    if machine.replay is not None and machine.replay.ordinal == ordinal:
        for name, value in told_elsewhere(event, nprocs).items():
            machine.heap.store(machine.environment, name, value)
        named = {name: thing for name, thing in event.keywords.items() if name != "train_object"}
        raise Reached(function, event.positional[1:], named, event.at)


def told_elsewhere(event: Event, count: Value) -> dict[str, Value]:
    """What Ray Train and Spark put into the environment of each process: `_set_torch_distributed_env_vars` and
    `_setup_torch_process_group` of python/ray/train/torch/config.py, and torchrun.  On which host a process runs is not
    known."""
    who = "Ray Train for its workers" if event.name == RAY else "Spark for its tasks"
    step = Step(How.ENVIRONMENT, f"set by {who}", event.at)
    hidden = {
        name: unknown(f"${name}", key=("elsewhere", event.at, name), trail=(step,))
        for name in ("RANK", "LOCAL_RANK", "LOCAL_WORLD_SIZE", "NODE_RANK", "MASTER_ADDR", "MASTER_PORT")
    }
    return hidden | {"WORLD_SIZE": count.as_text().because(step)}


def _from_notebook(
    machine: Caller, event: Event, function: Thing, handed: tuple[Thing, ...], ordinal: int
) -> None:
    """One process is the notebook's own; more are forks that find what `torchrun` would set."""
    count = event.argument("num_processes")
    if count.integer is not None and count.integer <= 1:
        machine.call(function, Arguments(event.at, event.func_at, handed))
        return
    nprocs = unknown("the number of processes", key=("notebook", event.at), low=1, whole=True)
    machine.run.children.append(
        Child(function, nprocs if count.is_absent else count, event.at, event, ordinal, machine.run_child)
    )
    replay = machine.replay
    if replay is not None and replay.ordinal == ordinal:
        alone = event.argument("num_nodes").or_default(known(1)).integer == 1
        step = Step(How.COMPUTED, "set by notebook_launcher", event.at)
        found = {"LOCAL_RANK": known(str(replay.index), step), "FORK_LAUNCHED": known("1", step)}
        if alone:
            found |= {"RANK": found["LOCAL_RANK"], "WORLD_SIZE": count.as_text().because(step)}
        for name, value in found.items():
            machine.heap.store(machine.environment, name, value)
        raise Reached(function, handed, {}, event.at)


def _rounds(machine: Caller) -> Value:
    """How many processes a single `Process(…)` makes: one for each round of the loop around it."""
    if not machine.loops:
        return known(1)
    count = machine.loops[-1].count
    return count if len(machine.loops) == 1 else unknown("the rounds of nested loops", key=("rounds", count.__str__()))


def _placed(machine: Caller, thing: Thing, index: Value) -> Thing:
    """The loop's own number is the child's index."""
    value = as_value(thing)
    for repeat in machine.loops:
        if repeat.item is not None and identity(repeat.item) == identity(value):
            return index
    return thing
