"""Splits of one data set into parts that are drawn at random, by each rank for itself.

Sources: torch seeds its default generator anew in each process (`getDefaultCPUGenerator` of
aten/src/ATen/CPUGeneratorImpl.cpp), `random_split` draws from it.  Seen with torch 2.13 and two processes: of 20
validation samples of 100, 14 stood in the other rank's training part without a seed, 15 with seeds 3 and 4, none with
a generator of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dtlint.job.process import Process
from dtlint.job.world import World
from dtlint.record import record
from dtlint.run.dealing import counterparts
from dtlint.run.effects import Effect
from dtlint.run.handing import SAMPLER
from dtlint.run.likeness import of_one_making
from dtlint.run.script.objects import maker
from dtlint.run.script.trace import Event, ScriptRun
from dtlint.run.seeding import SEEDING, Seeding, seeds_nothing_by_name
from dtlint.run.wrapping import DDP, FSDP

SPLIT: Final = "torch.utils.data.random_split"
_SHARED: Final = (DDP, FSDP, SAMPLER, "horovod.torch.DistributedOptimizer")
_BOTH: Final = frozenset(
    ("torch.manual_seed", "transformers.set_seed", "accelerate.utils.set_seed", "lightning.pytorch.seed_everything")
)
"""These surely set the generator of torch to the seed that they are given."""


@record(eq=False)
class Parted:
    """One call that splits a data set, in two processes that draw differently."""

    event: Event
    first: Process
    second: Process
    mine: Seeding
    theirs: Seeding

    @property
    def why(self) -> str:
        return self.mine.why_apart(self.theirs, "torch")


def parted(world: World) -> Iterator[Parted]:
    """One for each `random_split` without a generator of its own that two ranks surely make of the same data."""
    followed = world.finished[:2]
    if len(followed) < 2 or not all(_trains_together(run) for _, run in followed):
        return
    (first, left), (second, right) = followed
    for mine, theirs in counterparts(left, right, SPLIT):
        if any(event.open or event.thing("generator") is not None for event in (mine, theirs)):
            continue
        if not of_one_making(mine.thing("dataset"), theirs.thing("dataset")):
            continue
        seedings = _seeding(first, mine), _seeding(second, theirs)
        if seedings[0] is not None and seedings[1] is not None and seedings[0].apart(seedings[1]):
            yield Parted(mine, first, second, seedings[0], seedings[1])


def _trains_together(run: ScriptRun) -> bool:
    """One model, or one data set, is all ranks'; no rank hands its own split to the others."""
    return any(run.called(*_SHARED)) and not any("broadcast_object" in event.name for event in run.events)


def _seeding(process: Process, end: Event) -> Seeding | None:
    """None where it is not known."""
    run = process.run
    if run is None:
        return None
    strange, dataset = False, end.thing("dataset")
    made = maker(dataset)
    for event in reversed([one for one in run.events if one.index < end.index]):
        if event.name in _BOTH and event.surely and not event.open and event.row is not None:
            seed = event.argument(event.row.seed)
            return None if seed.is_absent or event.thing("device_specific") is not None else Seeding(event, seed)
        # What makes the data set is not presumed to seed the process again, where the script has seeded it.
        strange = strange or (event is made and not _leaves_alone(event))
        if event is not made and not _leaves_alone(event):
            return None
    # A forked child would draw what its parent draws; of a spawned one the parent's module may seed again.
    return Seeding(None, None) if process.spawned_by is None and run.complete and not strange else None


def _leaves_alone(event: Event) -> bool:
    """It surely does not set the generator of torch."""
    if event.row is not None and Effect.SEEDS in event.row.effects:
        return event.name in ("random.seed", "numpy.random.seed") or event.name.startswith("torch.cuda.")
    return not SEEDING.search(event.name.lower()) and seeds_nothing_by_name(event)
