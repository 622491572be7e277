"""Batches of a model that torch's tensor parallelism cuts: all processes of one tensor-parallel group need the same.

`ColwiseParallel` and `RowwiseParallel` made without arguments take an input that is the same on the whole mesh
(`input_layouts=Replicate()` of torch/distributed/tensor/parallel/style.py), and do not look whether it is.
"""

from __future__ import annotations

from typing import Final

from dtlint.job.process import Process
from dtlint.record import record
from dtlint.run.effects import Effect
from dtlint.run.epochs import passes
from dtlint.run.handing import SAMPLER
from dtlint.run.script.flows import chooser
from dtlint.run.script.objects import DictObject, Instance, Thing, Unread
from dtlint.run.script.trace import Event
from dtlint.run.tensor_shards import PARALLELIZE, degree_of
from dtlint.run.wrapping import DDP
from dtlint.value import Value

_MESH: Final = "torch.distributed.device_mesh.DeviceMesh"
_STYLES: Final = frozenset(
    f"torch.distributed.tensor.parallel.{name}" for name in ("ColwiseParallel", "RowwiseParallel")
)


@record(eq=False)
class Mixed:
    """A sampler that gives each process its own samples, of which a tensor-parallel group needs the same."""

    sampler: Event
    cut: Event
    """The call that cuts the model."""
    degree: Value


def mixed(process: Process) -> Mixed | None:
    """None where a batch may come to the other processes of the group, or the layers may want parts of it.

    `process` is one whose rank in any smaller group would be another number.
    """
    run = process.run
    if run is None or run.truncated:
        return None
    cuts = list(run.called(PARALLELIZE))
    if not cuts or not all(_whole_inputs(event) for event in cuts) or any(run.called(DDP)):
        return None
    degree = degree_of(cuts[0].thing("device_mesh"))
    if degree is None or not cuts[0].surely:
        return None
    for one in passes(run):
        sampler = chooser(one.loader)
        made = sampler.made_by if sampler is not None else None
        inside = [event for event in run.effects(Effect.COLLECTIVE) if one.loop in event.loops]
        handed = any(event.name.startswith("torch.distributed.") for event in inside)
        if made is not None and one.trains and not handed and _of_the_world(made, process):
            return Mixed(made, cuts[0], degree)
    return None


def _whole_inputs(event: Event) -> bool:
    plan = event.thing("parallelize_plan")
    styles: tuple[Thing, ...] = ()
    if isinstance(plan, DictObject) and plan.complete:
        styles = tuple(plan.entries.values())
    elif isinstance(plan, Instance):
        styles = (plan,)
    return bool(styles) and not event.open and all(map(_plain, styles))


def _plain(style: Thing) -> bool:
    made = style.made_by if isinstance(style, Instance) and style.cls in _STYLES else None
    return made is not None and not made.open and not made.positional and not made.keywords


def _of_the_world(sampler: Event, process: Process) -> bool:
    """It deals the samples out to all processes: it is told nothing, or size and rank of the world."""
    size = process.world.size if process.world is not None else None
    return (
        sampler.name == SAMPLER
        and not sampler.open
        and (_says(sampler, "num_replicas", size) or _asks_mesh(sampler, "num_replicas", "size"))
        and (_says(sampler, "rank", process.rank) or _asks_mesh(sampler, "rank", "get_rank"))
    )


def _says(sampler: Event, parameter: str, expected: Value | None) -> bool:
    given = sampler.argument(parameter)
    return given.is_absent or (expected is not None and given.same(expected))


def _asks_mesh(sampler: Event, parameter: str, method: str) -> bool:
    """What a mesh says that is no part of another."""
    thing = sampler.thing(parameter)
    made = thing.made_by if isinstance(thing, Unread) else None
    whole = made is not None and made.name == f"{_MESH}.{method}" and isinstance(made.receiver, Instance)
    return made is not None and whole and made.result is thing and not (made.positional or made.keywords)
