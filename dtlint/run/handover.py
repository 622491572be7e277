"""What one process alone writes or restores, and others need: whether it surely reaches them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from dtlint.job.process import Process
from dtlint.job.world import World
from dtlint.record import record
from dtlint.run.collectives import comes_about, may_meet
from dtlint.run.effects import Effect
from dtlint.run.existence import asked, read, written
from dtlint.run.layers import parts_of
from dtlint.run.restoring import comes_to_all, optimizer, restored
from dtlint.run.script.objects import Instance, ListObject, Unread
from dtlint.run.script.trace import Event, ScriptRun, repeats
from dtlint.run.wrapping import DDP, over_weights
from dtlint.run.writers import same_file
from dtlint.value import Value

_WAITS: Final = ("sleep", "wait", "join", "acquire", "barrier", "system")
_SHARES: Final = ("broadcast", "scatter", "gather", "reduce", "send", "recv", "sync")
"""Parts of the names of calls through which a state may come to other processes."""
_TENSOR: Final = "torch.tensor"
_NUMBERS: Final = frozenset((_TENSOR, "torch.zeros", "torch.ones", "torch.empty"))
_GATHERS: Final = ("gather", "reduce")
"""Those of them that a training step makes for its figures: its weights come to others only where it goes over them."""


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


@record(eq=False)
class Behind:
    """Weights that one process loads into a model that DDP has already made equal, and will not make equal again."""

    put: Event
    wrap: Event
    first: Process
    second: Process


def early(world: World) -> Iterator[Early]:
    """Files that one process saves and another loads, with nothing between that lets it wait."""
    followed = pair(world)
    if followed is None:
        return
    (saver, mine), (loader, theirs) = followed
    if goes_round(theirs):
        return
    saves = [(event, path) for event in mine.events if (path := written(event)) is not None and _absent(event, theirs)]
    for load in mine.events:
        path = read(load)
        if path is None:
            continue
        other = next((event for event in theirs.called(load.name) if event.place == load.place), None)
        again = read(other) if other is not None else None
        if other is None or again is None or not (_surely_reads(load) and _surely_reads(other)):
            continue
        before = [(event, there) for event, there in saves if event.index < load.index]
        save = next((one for one, there in reversed(before) if same_file(there, path)), None)
        if save is None or not same_file(path, again) or _meeting(mine, save, load):
            continue
        if save.row is None and not comes_about(save, mine):
            continue
        waits = [*waits_before(theirs, other), *waits_before(mine, save)]
        if not all(event.surely for event in waits) or more(waits_before(theirs, other), waits_before(mine, save)):
            # The first goes first: the other waits where the first does not, or does so later.
            continue
        yield Early(other, save, saver, loader)
        return
    for load in theirs.events:
        path = read(load)
        if path is None or not _absent(load, mine) or not load.surely or load.caught or load.open:
            continue
        save = next((one for one, there in saves if same_file(there, path)), None)
        if save is not None and comes_about(save, mine) and side_by_side(mine, save, theirs, load):
            yield Early(load, save, saver, loader)
            return


def side_by_side(mine: ScriptRun, here: Event, theirs: ScriptRun, there: Event) -> bool:
    """Both processes have waited for each other as often by then."""
    left, right = waits_before(mine, here), waits_before(theirs, there)
    return all(event.surely for event in (*left, *right)) and not more(left, right) and not more(right, left)


def unshared(world: World) -> Iterator[Unshared]:
    """The first state of an optimizer that goes on training and that only one of two processes restores."""
    followed = pair(world)
    if followed is None:
        return
    (first, mine), (second, theirs) = followed
    if any(_hands_over(event) for event in (*mine.events, *theirs.events)):
        return
    places = {one.load.place for one in restored(mine)}
    if any(_may_restore(event) or event.place in places for event in theirs.events):
        return
    for one in restored(mine):
        if optimizer(one.put.receiver) and _steps(mine, one.put) and _steps(theirs):
            yield Unshared(one.put, first, second)
            return


def behind_wrapper(world: World) -> Iterator[Behind]:
    """The first state that one of two processes loads into a module of DDP, or into a part of it, and trains on.

    DDP sends the parameters of the first process when it is made; a forward pass sends buffers alone
    (`_sync_module_states` and `_pre_forward` of torch/nn/parallel/distributed.py; seen with torch 2.13).
    """
    followed = pair(world)
    if followed is None:
        return
    (first, mine), (second, theirs) = followed
    read = {one.load.place for one in restored(mine)}
    if any(_may_restore(event) or event.place in read for event in theirs.events):
        return
    for put in mine.events:
        wrap = _wrapped(mine, put) if put.method == "load_state_dict" else None
        if wrap is not None and _drifts(mine, wrap, put) and not any(map(_of_the_site, theirs.events)):
            yield Behind(put, wrap, first, second)
            return


def _wrapped(run: ScriptRun, put: Event) -> Event | None:
    """The one call of DDP around the module that is filled, made before."""
    around = [wrap for wrap in run.called(DDP) if put.receiver is wrap.result or _inside(wrap, put)]
    if len(around) != 1 or around[0].open or around[0].thing("process_group") is not None:
        return None
    return around[0] if around[0].index < put.index and around[0].surely else None


def _inside(wrap: Event, put: Event) -> bool:
    module = wrap.thing("module")
    return isinstance(module, Instance) and any(part is put.receiver for part in parts_of(module))


def _drifts(run: ScriptRun, wrap: Event, put: Event) -> bool:
    """It trains on what was put in, and nothing gives that to the others."""
    later = [event for event in run.events if event.index > put.index]
    forward = any(event.name == DDP + ".__call__" and event.receiver is wrap.result for event in later)
    backward = next((event for event in later if event.row and Effect.BACKWARD in event.row.effects), None)
    if not forward or backward is None:
        return False
    return not any(_of_the_site(event) or _may_share(event, event.index > backward.index) for event in later)


def _may_share(event: Event, figures: bool) -> bool:
    """Weights may come to others by it; `figures` where training has begun, which gathers losses and counts."""
    if not any(part in event.method for part in _SHARES) or _of_number(event):
        return False
    return not figures or not any(part in event.method for part in _GATHERS) or over_weights(event)


def pair(world: World) -> tuple[tuple[Process, ScriptRun], tuple[Process, ScriptRun]] | None:
    """The first two processes that were looked at, if all that they do was followed."""
    followed = world.followed
    if len(followed) < 2 or not all(run.complete and any(run.effects(Effect.INITIALISES)) for _, run in followed[:2]):
        return None
    return followed[0], followed[1]


def _surely_reads(event: Event) -> bool:
    """All processes come there; where a file is opened by hand, none asks before whether it is there."""
    by_hand = event.row is None
    asks = event.caught or event.open or any(asked(fork) is not None for fork, _ in event.branches)
    return comes_to_all(event) and not (by_hand and asks)


def _absent(event: Event, run: ScriptRun) -> bool:
    return all(event.place != other.place for other in run.events)


def _meeting(run: ScriptRun, save: Event, load: Event) -> bool:
    """Something between both may wait for other processes, or nobody knows."""
    return any(_may_wait(event) for event in run.events if save.index < event.index < load.index)


def waits_before(run: ScriptRun, end: Event) -> list[Event]:
    """Calls before `end` that may let it wait for other processes."""
    return [event for event in run.events if event.index < end.index and _may_wait(event)]


def goes_round(run: ScriptRun) -> bool:
    """It has a loop that calls nothing, until something has come about, such as a file."""
    rounds = (loop for loop in repeats(run.trace) if loop.iterable is None)
    return any(not any(loop in event.loops for event in run.events) for loop in rounds)


def more(left: list[Event], right: list[Event]) -> bool:
    """Some of the first are not among the second."""
    return bool(Counter(one.place for one in left) - Counter(one.place for one in right))


def _may_wait(event: Event) -> bool:
    row = event.row
    joins = row is not None and row.effects & {Effect.WRAPS, Effect.BACKWARD, Effect.INITIALISES, Effect.DESTROYS}
    return bool(joins) or any(part in event.method for part in _WAITS) or may_meet(event)


def _may_restore(event: Event) -> bool:
    return event.method == "load_state_dict" or (event.method == "load" and event.name != "torch.load")


def _hands_over(event: Event) -> bool:
    """A state may come to others by it; what Horovod's broadcasts leave out is asked by a rule of its own."""
    return _of_the_site(event) or (any(part in event.method for part in _SHARES) and not _of_number(event))


def _of_number(event: Event) -> bool:
    """What it hands over is a tensor of one number, such as that of an epoch."""
    given = event.positional[0] if event.positional else None
    made = given.made_by if isinstance(given, Unread) else None
    if made is None or made.result is not given or made.open or made.name not in _NUMBERS or len(made.positional) != 1:
        return False
    held = made.positional[0]
    if made.name == _TENSOR:
        items = held.items if isinstance(held, ListObject) and held.complete else (held,)
        return len(items) == 1 and isinstance(items[0], Value)
    return isinstance(held, Value) and held.integer == 1


def _of_the_site(event: Event) -> bool:
    """Code that was not read and that may meet other processes."""
    return event.row is None and not event.name.startswith("?") and may_meet(event)


def _steps(run: ScriptRun, behind: Event | None = None) -> bool:
    """An optimizer steps, after the call `behind` if there is one."""
    steps = (event for event in run.events if event.method == "step" and optimizer(event.receiver))
    return any(behind is None or event.index > behind.index for event in steps)
