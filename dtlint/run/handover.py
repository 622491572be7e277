"""What one process alone writes or restores, and others need: whether it surely reaches them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from dtlint.job.process import Process
from dtlint.job.world import World
from dtlint.record import record
from dtlint.run.collectives import may_meet
from dtlint.run.effects import Effect
from dtlint.run.restoring import comes_to_all, optimizer, restored
from dtlint.run.script.trace import Event, ScriptRun
from dtlint.run.writers import same_file

_WAITS: Final = ("sleep", "wait", "join", "acquire", "barrier", "system")
_SHARES: Final = ("broadcast", "scatter", "gather", "reduce", "send", "recv", "sync")
"""Parts of the names of calls through which a state may come to other processes."""


@record(eq=False)
class Early:
    """A load that does not wait for the save of another process."""

    load: Event
    save: Event
    saver: Process
    loader: Process


@record(eq=False)
class Unshared:
    """An optimizer's state that one process restores and another never gets."""

    put: Event
    first: Process
    second: Process


def early(world: World) -> Iterator[Early]:
    """Files that one process saves and another loads, with nothing between that lets it wait."""
    followed = _pair(world)
    if followed is None:
        return
    (saver, mine), (loader, theirs) = followed
    saves = [event for event in mine.effects(Effect.WRITES) if _absent(event, theirs)]
    for load in mine.called("torch.load"):
        other = next((event for event in theirs.called("torch.load") if _place(event) == _place(load)), None)
        if other is None or not (comes_to_all(load) and comes_to_all(other)):
            continue
        path, again = load.argument("f"), other.argument("f")
        before = [event for event in saves if event.index < load.index and event.row is not None]
        save = next((one for one in reversed(before) if same_file(one.argument(_path(one)), path)), None)
        if save is None or not same_file(path, again) or _meeting(mine, save, load):
            continue
        waits = [*_waits(theirs, other), *_waits(mine, save)]
        if not all(event.surely for event in waits) or _more(_waits(theirs, other), _waits(mine, save)):
            # The first goes first: the other waits where the first does not, or does so later.
            continue
        yield Early(other, save, saver, loader)
        return


def unshared(world: World) -> Iterator[Unshared]:
    """The first state of an optimizer that goes on training and that only one of two processes restores."""
    followed = _pair(world)
    if followed is None:
        return
    (first, mine), (second, theirs) = followed
    if any(_hands_over(event) for event in (*mine.events, *theirs.events)):
        return
    places = {_place(one.load) for one in restored(mine)}
    if any(_may_restore(event) or _place(event) in places for event in theirs.events):
        return
    for one in restored(mine):
        if optimizer(one.put.receiver) and _steps(mine, one.put) and _steps(theirs):
            yield Unshared(one.put, first, second)
            return


def _pair(world: World) -> tuple[tuple[Process, ScriptRun], tuple[Process, ScriptRun]] | None:
    followed = world.followed
    if len(followed) < 2 or not all(run.complete and any(run.effects(Effect.INITIALISES)) for _, run in followed[:2]):
        return None
    return followed[0], followed[1]


def _path(event: Event) -> str:
    return event.row.path if event.row is not None else ""


def _absent(event: Event, run: ScriptRun) -> bool:
    return all(_place(event) != _place(other) for other in run.events)


def _meeting(run: ScriptRun, save: Event, load: Event) -> bool:
    """Something between both may wait for other processes, or nobody knows."""
    return any(_may_wait(event) for event in run.events if save.index < event.index < load.index)


def _waits(run: ScriptRun, end: Event) -> list[Event]:
    return [event for event in run.events if event.index < end.index and _may_wait(event)]


def _more(left: list[Event], right: list[Event]) -> bool:
    return bool(Counter(map(_place, left)) - Counter(map(_place, right)))


def _may_wait(event: Event) -> bool:
    row = event.row
    joins = row is not None and row.effects & {Effect.WRAPS, Effect.BACKWARD, Effect.INITIALISES, Effect.DESTROYS}
    return bool(joins) or any(part in event.method for part in _WAITS) or may_meet(event)


def _may_restore(event: Event) -> bool:
    return event.method == "load_state_dict" or (event.method == "load" and event.name != "torch.load")


def _hands_over(event: Event) -> bool:
    """A state may come to others by it; what Horovod's broadcasts leave out is asked by a rule of its own."""
    of_the_site = event.row is None and not event.name.startswith("?") and may_meet(event)
    return of_the_site or any(part in event.method for part in _SHARES)


def _steps(run: ScriptRun, behind: Event | None = None) -> bool:
    """An optimizer steps, after the call `behind` if there is one."""
    steps = (event for event in run.events if event.method == "step" and optimizer(event.receiver))
    return any(behind is None or event.index > behind.index for event in steps)


def _place(event: Event) -> object:
    return event.at, event.stack
