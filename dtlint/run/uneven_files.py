"""Streams that read files dealt out to the ranks, of which one rank has more than another."""

from __future__ import annotations

from collections.abc import Iterator

from dtlint.job.process import Process
from dtlint.job.world import World
from dtlint.record import record
from dtlint.run.epochs import Pass, passes
from dtlint.run.script.objects import Instance, ListObject, Thing
from dtlint.run.script.trace import Event
from dtlint.run.shares import joins, meeting, to_the_end
from dtlint.run.slices import gone_over
from dtlint.source import Span
from dtlint.value import Items, Value


@record(eq=False)
class UnevenFiles:
    """A loop in which processes meet, over streams of different numbers of files."""

    attribute: str
    loop: Span
    meeting: Event
    first: Process
    second: Process
    counts: tuple[int, int]


def uneven_files(world: World) -> Iterator[UnevenFiles]:
    """One for each loop over a loader that goes through the files of its rank once; as a rule files are of one size."""
    followed = [(process, process.run) for process in world.processes if process.run is not None]
    if len(followed) < 2 or any(joins(run) for _, run in followed):
        return
    first, mine = followed[0]
    told: set[Span] = set()
    for one in passes(mine):
        met = meeting(one, mine)
        if met is None or one.loop.at in told or not to_the_end(one.loop):
            continue
        for second, theirs in followed[1:]:
            other = next((other for other in passes(theirs) if other.loop.at == one.loop.at), None)
            found = _differ(one, other) if other is not None else None
            if found is not None:
                told.add(one.loop.at)
                yield UnevenFiles(found[0], one.loop.at, met, first, second, found[1])
                break


def _differ(mine: Pass, theirs: Pass) -> tuple[str, tuple[int, int]] | None:
    """The attribute that both streams go over, with the different numbers of things in it."""
    left, right = (one.loader.attributes.get("dataset") for one in (mine, theirs))
    if not isinstance(left, Instance) or not isinstance(right, Instance):
        return None
    name = gone_over(left)
    if name is None or name != gone_over(right):
        return None
    counts = _count(left.attributes.get(name)), _count(right.attributes.get(name))
    if counts[0] is None or counts[1] is None or counts[0] == counts[1]:
        return None
    return name, (counts[0], counts[1])


def _count(thing: Thing | None) -> int | None:
    """How many are in a list, also in one of a configuration file."""
    if isinstance(thing, ListObject):
        return len(thing.items) if thing.complete and not thing.unseen else None
    return thing.length.integer if isinstance(thing, Value) and isinstance(thing.content, Items) else None
