"""Which ranks a process group has, and which calls need the default group while there is none."""

from __future__ import annotations

import re
from collections.abc import Iterator
from sys import stdlib_module_names
from typing import Final

from dtlint.facts.script import Attribute, Call, Name
from dtlint.facts.syntax import nodes_of
from dtlint.job.joining import joinings
from dtlint.job.process import Process
from dtlint.record import record
from dtlint.run.collectives import may_meet
from dtlint.run.devices import global_rank
from dtlint.run.effects import Answer, Effect
from dtlint.run.effects.ready_made import ready_made
from dtlint.run.script.bystanders import BYSTANDERS
from dtlint.run.script.objects import Instance, ListObject, Thing, as_value
from dtlint.run.script.trace import Event, ScriptRun
from dtlint.run.wrapping import SHARD
from dtlint.source import Span
from dtlint.value import Value, known, unknown

INITIALISER: Final = "torch.distributed.init_process_group"
DESTROYER: Final = "torch.distributed.destroy_process_group"
MESHES: Final = ("torch.distributed.device_mesh.init_device_mesh", "torch.distributed.device_mesh.DeviceMesh")
"""They make the default group where there is none (torch/distributed/device_mesh.py), as does `fully_shard` where it is
given no mesh (`_init_default_mesh` of torch/distributed/fsdp/_fully_shard/_fsdp_init.py, torch 2.13)."""

_HOME: Final = "torch.distributed."
_WRAPPER: Final = "torch.nn.parallel.DistributedDataParallel"
_SAMPLER: Final = "torch.utils.data.distributed.DistributedSampler"
_QUIET: Final = frozenset(("torch", "torchvision", "torchaudio", "builtins")).union(BYSTANDERS, stdlib_module_names)
"""Packages that make no process group, torch.distributed's own (which have rows) aside."""
_OF_MODELS: Final = re.compile(
    r"(?:transformers|datasets|tokenizers|timm|peft|diffusers|evaluate)\.(?!.*(?:Train|Accelerat|Engine|launch|dist))"
)
"""What makes and loads models and their data, and joins no job; the training of these libraries may."""
_MAKES: Final = re.compile("init|dist|setup|set_up|launch|prepare|start|run|call")
"""Methods of objects of which nothing is known that may make a group, by their names."""


def ranks_of(group: Thing | None, process: Process) -> tuple[int, ...] | None:
    """Global ranks of the group that `process` holds; None where they are not known.

    `new_subgroups` cuts the world into runs of equal length, and gives each process its own.
    """
    made = group.made_by if isinstance(group, Instance) else None
    if not isinstance(group, Instance) or made is None:
        return None
    if made.name == _HOME + "new_group":
        return _numbers(group.attributes.get("ranks"))
    if made.name == _HOME + "new_subgroups" and made.argument("group").is_absent:
        length, rank = made.argument("group_size").integer, global_rank(process).integer
        if length is not None and rank is not None and length > 0:
            return tuple(range(rank // length * length, rank // length * length + length))
    return None


def _numbers(ranks: Thing | None) -> tuple[int, ...] | None:
    if not isinstance(ranks, ListObject) or not ranks.complete:
        return None
    numbers = [as_value(rank).integer for rank in ranks.items]
    return tuple(number for number in numbers if number is not None) if None not in numbers else None


def counted(run: ScriptRun) -> tuple[Event, ...]:
    """The calls that make groups besides the default one, in order: the first, second … of each process belong together
    (`_world.group_count` in torch/distributed/distributed_c10d.py)."""
    made = {event.index for event in run.effects(Effect.NEW_GROUP)}
    return tuple(event for event in run.events if event.index in made or event.name in MESHES)


def count_known(run: ScriptRun, event: Event | None = None) -> bool:
    """Nothing, or nothing before the call, can have made further groups that were not seen."""
    before = run.events if event is None else run.events[: event.index]
    return run.complete and not any(_may_make(one) or (one.row is None and may_meet(one)) for one in before)


def settled(event: Event) -> bool:
    """It surely happens once, and the whole world is to make the group together."""
    together = event.argument("use_local_synchronization")
    return event.surely and not event.loops and (together.is_absent or (together == False).always)  # noqa: E712


def size_of(event: Event, process: Process) -> Value:
    """How many processes take part in a collective: those of its group, or the whole world."""
    hidden = unknown("the size of the group", key=("group", event.at), low=1, whole=True)
    group = event.thing("group")
    if group is not None:
        ranks = ranks_of(group, process)
        return hidden if ranks is None else known(len(ranks))
    made = [one for one in process.events if makes(one)]
    joined = list(joinings(process))
    return joined[0].size if not event.open and len(made) == len(joined) == 1 else hidden


@record(eq=False)
class Groupless:
    """A call that raises because no default group is there."""

    event: Event
    destroyed: Event | None
    """The call that took the group down; None where none was made by then."""
    made_later: Event | None
    """The call that makes one afterwards."""


def groupless(process: Process) -> Groupless | None:
    """The first call of the process that surely lacks the default group: `Default process group has not been
    initialized` (`_get_default_group` in torch/distributed/distributed_c10d.py)."""
    run = process.run
    if run is None or run.unread or _inherits(process):
        return None
    there = False
    destroyed: Event | None = None
    for event in run.events:
        if makes(event):
            there, destroyed = True, None
        elif event.name == DESTROYER and event.argument("group").is_absent:
            # What is taken down in a branch, a round or a `finally` may be another group's end.
            if event.surely and not event.loops and not event.caught:
                destroyed = event
        elif destroyed is None and not there and _may_make(event):
            return None
        elif destroyed is not None and _may_make(event):
            destroyed, there = None, True
        elif (destroyed is not None or not there) and needs_group(event) and event.surely and not event.caught:
            later = next((one for one in run.events[event.index :] if one.name == INITIALISER), None)
            return Groupless(event, destroyed, later)
    return None


def makers_written(run: ScriptRun) -> Iterator[Span]:
    """Where the script has calls of `init_process_group`, come to or not."""
    for program in run.programs:
        for node in nodes_of(program.body):
            if isinstance(node, Call) and isinstance(node.func, Attribute | Name):
                name = node.func.name if isinstance(node.func, Attribute) else node.func.id
                if name == "init_process_group":
                    yield node.at


def under_horovod(process: Process) -> Event | None:
    """The first call that surely lacks the default group: all that joins the job is Horovod, which makes none."""
    run = process.run
    if run is None or not run.complete or _inherits(process):
        return None
    joins = [event for event in run.events if makes(event)]
    if not joins or not all(event.name.startswith("horovod.") for event in joins):
        return None
    if any(_may_make(event) and not event.name.startswith("horovod.") for event in run.events):
        return None
    lacking = (event for event in run.events if needs_group(event) and event.surely and not event.caught)
    return next(lacking, None)


def makes(event: Event) -> bool:
    """It makes the default group, or may do so."""
    shards = event.name == SHARD and event.thing("mesh") is None
    return shards or event.name in MESHES or (event.row is not None and Effect.INITIALISES in event.row.effects)


def needs_group(event: Event) -> bool:
    """It raises without a default group."""
    row = event.row
    if row is None or event.open:
        return False
    if event.name == _WRAPPER:
        return event.thing("process_group") is None and event.thing("device_mesh") is None
    if event.name == _SAMPLER:
        return event.thing("num_replicas") is None or event.thing("rank") is None
    if not event.name.startswith(_HOME) or event.name.count(".") != 2:
        return False
    if row.answer in (Answer.RANK, Answer.SIZE):
        return event.thing("group") is None
    return bool(row.effects & {Effect.COLLECTIVE, Effect.POINT_TO_POINT, Effect.NEW_GROUP})


def _may_make(event: Event) -> bool:
    """Code that was not read, which may make the group."""
    if event.row is not None:
        return bool(event.row.effects & {Effect.TRAINS, Effect.PREPARES})
    if ready_made(event.name) or _OF_MODELS.match(event.name):
        return False
    package, dot, rest = event.name.partition(".")
    if package == "?":
        return bool(_MAKES.search(rest))
    return bool(dot) and (package not in _QUIET or event.name.startswith(_HOME))


def _inherits(process: Process) -> bool:
    """Who starts it may have made the group: the script's own process, of which a forked child has it too, or a library
    that starts workers of its own, such as Ray Train."""
    parent = process.spawned_by
    if parent is None:
        return False
    ours = process.launch is not None and process.launch.tool == "mp.spawn"
    return not ours or parent.run is None or any(makes(event) for event in parent.run.events)
