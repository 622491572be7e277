"""Batches of a model that torch's tensor parallelism cuts: all processes of one tensor-parallel group need the same.

`ColwiseParallel` and `RowwiseParallel` made without arguments take an input that is the same on the whole mesh
(`input_layouts=Replicate()` of torch/distributed/tensor/parallel/style.py), and do not look whether it is.
"""

from __future__ import annotations

from typing import Final

from dtlint.record import record
from dtlint.run.effects import Effect
from dtlint.run.epochs import passes
from dtlint.run.handing import SAMPLER
from dtlint.run.script.objects import DictObject, Instance, Thing
from dtlint.run.script.trace import Event, ScriptRun
from dtlint.run.tensor_shards import PARALLELIZE, degree_of
from dtlint.run.wrapping import DDP
from dtlint.value import Value

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


def mixed(run: ScriptRun) -> Mixed | None:
    """None where a batch may come to the other processes of the group, or the layers may want parts of it."""
    cuts = list(run.called(PARALLELIZE))
    if not cuts or not all(_whole_inputs(event) for event in cuts) or any(run.called(DDP)):
        return None
    degree = degree_of(cuts[0].thing("device_mesh"))
    if degree is None or not cuts[0].surely:
        return None
    for one in passes(run):
        sampler = one.loader.attributes.get("sampler")
        made = sampler.made_by if isinstance(sampler, Instance) else None
        inside = [event for event in run.effects(Effect.COLLECTIVE) if one.loop in event.loops]
        handed = any(event.name.startswith("torch.distributed.") for event in inside)
        if made is not None and one.trains and not handed and _of_the_world(made):
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


def _of_the_world(sampler: Event) -> bool:
    given = (sampler.argument(name) for name in ("num_replicas", "rank"))
    return sampler.name == SAMPLER and not sampler.open and all(value.is_absent for value in given)
