"""Lists that each rank shuffles for itself, before samplers share out the data set that is made of them.

Python seeds `random` anew in each process, and numpy its global generator (docs.python.org/3/library/random.html;
numpy.org/doc/stable/reference/random/legacy.html).  Seen with two processes: of 100 samples that each had
shuffled before the sampler, 23 were read by both and 23 by none.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dtlint.job.process import Process
from dtlint.job.world import World
from dtlint.record import record
from dtlint.run.dealing import Dealt, counterparts, surely_differ
from dtlint.run.effects import Effect
from dtlint.run.handing import SAMPLER
from dtlint.run.script.objects import Instance, ListObject, Thing, maker
from dtlint.run.script.trace import Event
from dtlint.run.seeding import SEEDING, Seeding, seeds_nothing_by_name

_SHUFFLES: Final = ("random.shuffle", "numpy.random.shuffle")
_OWN: Final = ("random.Random.shuffle", "numpy.random.RandomState.shuffle", "?.shuffle")
"""The same by a generator that the script makes."""
_GENERATORS: Final = ("random.Random", "numpy.random.default_rng", "numpy.random.RandomState")
_DEEPEST: Final = 3
_ALL: Final = frozenset(("transformers.set_seed", "accelerate.utils.set_seed", "lightning.pytorch.seed_everything"))
"""They set the generators of Python and numpy to the seed that they are given."""


@record(eq=False)
class Shuffled:
    """One call that shuffles what a data set holds, in two processes that draw differently."""

    event: Event
    dealt: Dealt
    mine: Seeding
    theirs: Seeding

    @property
    def why(self) -> str:
        return self.mine.why_apart(self.theirs, "it")


def shuffled(world: World) -> Iterator[Shuffled]:
    """One for each list of which two ranks surely have different orders, under samplers that count on one order."""
    followed = [process for process in world.processes if process.run is not None and not process.run.truncated][:2]
    told: set[object] = set()
    for one in _sharing(*followed) if len(followed) == 2 else ():
        for mine, theirs in counterparts(one.first.run, one.second.run, *_SHUFFLES, *_OWN):
            if mine.at in told or not (_of(mine, one.mine) and _of(theirs, one.theirs)):
                continue
            seedings = _seeding(one.first, mine), _seeding(one.second, theirs)
            if seedings[0] is not None and seedings[1] is not None and seedings[0].apart(seedings[1]):
                told.add(mine.at)
                yield Shuffled(mine, one, seedings[0], seedings[1])


def _sharing(first: Process, second: Process) -> Iterator[Dealt]:
    """Samplers that both make of what they count as one data set, each for a share of its own."""
    for mine, theirs in counterparts(first.run, second.run, SAMPLER):
        one = Dealt(mine, theirs, first, second)
        ranks = one.both("rank")
        own = ranks[0].is_absent or surely_differ(*ranks)
        if not mine.open and not theirs.open and one.replicas is not None and one.replicas.integer != 1 and own:
            yield one


def _of(shuffle: Event, sampler: Event) -> bool:
    """The sampler's data set holds the list that was shuffled before."""
    given, dataset = shuffle.given(0, "x"), sampler.thing("dataset")
    early = shuffle.index < sampler.index and len(shuffle.positional) == 1 and not shuffle.open
    return early and given is not None and dataset is not None and _holds(dataset, given, _DEEPEST)


def _holds(thing: Thing, wanted: Thing, deep: int) -> bool:
    if thing is wanted:
        return True
    if isinstance(thing, ListObject):
        return bool(deep) and any(_holds(one, wanted, deep - 1) for one in thing.sources)
    if not isinstance(thing, Instance) or deep == 0:
        return False
    made = thing.made_by
    held = (*thing.attributes.values(), *(made.positional if made is not None else ()))
    return any(_holds(one, wanted, deep - 1) for one in held)


def _seeding(process: Process, end: Event) -> Seeding | None:
    """How the generator was seeded last; None where it is not known."""
    run = process.run
    if run is None:
        return None
    if end.name in _OWN:
        return _unseeded(end)
    setter = "random.seed" if end.name == "random.shuffle" else "numpy.random.seed"
    for event in reversed([one for one in run.events if one.index < end.index]):
        if event.name == setter or event.name in _ALL:
            seed = event.argument(event.row.seed) if event.row is not None else event.argument("seed")
            known = event.surely and not event.open and not seed.is_absent and event.thing("device_specific") is None
            return Seeding(event, seed) if known else None
        if not _leaves_alone(event):
            return None
    # A forked child would draw what its parent draws.
    return Seeding(None, None) if process.spawned_by is None and run.complete else None


def _unseeded(shuffle: Event) -> Seeding | None:
    """That the generator was made with chance for a seed; None where it has another, or is no generator."""
    generator = shuffle.receiver
    made = maker(generator)
    if made is None or made.result is not generator or made.name not in _GENERATORS or made.open:
        return None
    return Seeding(None, None) if not made.positional and not made.keywords else None


def _leaves_alone(event: Event) -> bool:
    """It surely seeds neither Python's generator nor numpy's."""
    if event.row is not None and Effect.SEEDS in event.row.effects:
        return event.name.startswith(("torch.", "random.", "numpy."))
    if SEEDING.search(event.name.lower()):
        return event.name.startswith("torch.")
    return seeds_nothing_by_name(event)
