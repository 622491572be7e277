"""Where the processes of a world wait in a collective for one that goes through a whole file first."""

from __future__ import annotations

from collections.abc import Iterator

from dtlint.job.process import Process
from dtlint.job.world import World
from dtlint.record import record
from dtlint.run.collectives import meets_all
from dtlint.run.script.objects import Instance, Iteration, Thing, Unread
from dtlint.run.script.trace import Event, ScriptRun, repeats


@record(eq=False)
class Wait:
    busy: Process
    waiting: Process
    work: Event
    """The `open` of the file that the busy process goes through, line by line."""
    meeting: Event
    """The collective in which the other waits meanwhile."""


def long_waits(world: World) -> Iterator[Wait]:
    """The first such wait of the first process for which the second waits."""
    if len(world.followed) < 2:
        return
    (busy, mine), (waiting, theirs) = world.followed[:2]
    others = {event.place for event in theirs.events}
    for work, behind in _files(mine):
        if work.place in others:
            continue
        meeting = next((event for event in mine.events[behind:] if meets_all(event)), None)
        if meeting is not None and meeting.place in others and meeting.surely:
            yield Wait(busy, waiting, work, meeting)
            return


def _files(run: ScriptRun) -> Iterator[tuple[Event, int]]:
    """Each `open` whose lines a loop goes over, with the number of events before the loop's end."""
    for loop in repeats(run.trace):
        made = _opened(loop.iterable)
        if made is not None:
            inside = [event.index for event in run.events if any(one is loop for one in event.loops)]
            yield made, max((made.index, *inside)) + 1


def _opened(thing: Thing | None) -> Event | None:
    match thing:
        case Unread(made_by=Event() as made) | Instance(made_by=Event() as made) if made.name in ("open", "gzip.open"):
            return made
        case Iteration(sources=sources):
            return next((made for made in map(_opened, sources) if made is not None), None)
        case _:
            return None
