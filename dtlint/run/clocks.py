"""Names that each process takes from its own clock: of checkpoints that all write together, and of folders in which one
looks for what another has written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import permutations
from typing import Final

from dtlint.job.process import Process
from dtlint.job.world import World
from dtlint.record import record
from dtlint.run.effects import Effect
from dtlint.run.existence import asked, written
from dtlint.run.restoring import comes_to_all
from dtlint.run.script.objects import Unread, as_value
from dtlint.run.script.trace import Event, ScriptRun
from dtlint.source import Span
from dtlint.value import Reach, Term, Text, Value

_TOGETHER: Final = {
    "torch.distributed.checkpoint.save": "checkpoint_id",
    "torch.distributed.checkpoint.async_save": "checkpoint_id",
}
"""All processes write a part of one checkpoint, with the parameter for its place."""
ENGINE: Final = {"deepspeed.runtime.engine.DeepSpeedEngine.save_checkpoint": "save_dir"}
"""So they do with ZeRO: `_save_zero_checkpoint` of deepspeed/runtime/engine.py."""
_CLOCKS: Final = ("time.strftime", "?.strftime")
_SECONDS: Final = ("%S", "%s", "%f", "%T", "%X", "%c")
"""Parts of a format by which two processes that start together come to different texts; days and hours are shared."""


_NOW: Final = frozenset(("datetime.datetime.now", "datetime.datetime.utcnow", "datetime.datetime.today", "time.time"))
_READS: Final = ("torch.load", "numpy.load", "safetensors.torch.load_file", "joblib.load", "pandas.read_csv", "open")


@record(eq=False)
class Clocked:
    save: Event
    clock: Event
    format: str


def clocked(run: ScriptRun, saves: Mapping[str, str] = _TOGETHER) -> Iterator[Clocked]:
    """The first save whose path surely holds what this process read from its clock."""
    read = {
        ("unread", event.result.serial): event
        for event in run.events
        if isinstance(event.result, Unread) and _to_the_second(event)
    }
    now = {event.at: event for event in run.called(*_NOW) if event.surely and not event.positional}
    if not read and not now:
        return
    for save in run.called(*saves):
        symbols = list(save.argument(saves[save.name]).symbols()) if not save.open else []
        own = [symbol.key for symbol in symbols if symbol.reach is not Reach.UNIFORM]
        clock = next((read[key] for key in own if key in read), None)
        if clock is not None:
            yield Clocked(save, clock, _format(clock))
            return
        filled = next(filter(None, (_filled_in(key, now) for key in own)), None)
        if filled is not None:
            yield Clocked(save, *filled)
            return


def _filled_in(key: object, now: dict[Span, Event]) -> tuple[Event, str] | None:
    """The clock that `f"{datetime.now():%H-%M-%S}"` is taken from, and the format, if that has seconds."""
    match key:
        case ("format", Term() as content, ("str", str(form))) if any(part in form for part in _SECONDS):
            made = content.symbol.key if content.symbol is not None else None
            place = made[2] if isinstance(made, tuple) and len(made) > 2 else None
            return (now[place], form) if isinstance(place, Span) and place in now else None
        case _:
            return None


@record(eq=False)
class Sought:
    """A file that one process writes and another looks for, under a name that each takes from its own clock."""

    clock: Event
    write: Event
    read: Event
    writer: Process
    reader: Process


def sought(world: World) -> Iterator[Sought]:
    """The first file that a process surely looks for, and that it has not written itself."""
    for (reader, mine), (writer, theirs) in permutations(world.finished, 2):
        if not all(any(run.effects(Effect.INITIALISES)) and not run.filled_unseen for run in (mine, theirs)):
            continue
        own, other = _clocks(mine), _clocks(theirs)
        for read in mine.called(*_READS) if own and other else ():
            path = _looked_for(read)
            if path is None or not comes_to_all(read) or any(asked(fork) is not None for fork, _ in read.branches):
                continue
            clock = _clock(path, own)
            if clock is None or any(_names(event, path) for event in mine.events if event.index < read.index):
                continue
            for write in theirs.events:
                there = written(write)
                if there is not None and comes_to_all(write) and _matches(path, own, there, other):
                    yield Sought(clock, write, read, writer, reader)
                    return


def _clocks(run: ScriptRun) -> dict[object, Event]:
    """By the key of what it found, the calls that surely read the clock of this process."""
    now = {event.at for event in run.called(*_NOW) if event.surely and not event.positional}
    found: dict[object, Event] = {}
    for event in run.events:
        if isinstance(event.result, Unread) and _to_the_second(event) and _of_now(event, now):
            found["unread", event.result.serial] = event
        elif event.name == "time.time" and event.surely:
            found.update({symbol.key: event for symbol in as_value(event.result).symbols()})
    return found


def _of_now(event: Event, now: set[Span]) -> bool:
    """What is put into words is the present time."""
    if event.name == "time.strftime":
        told = event.positional[1] if len(event.positional) > 1 else None
        made = told.made_by if isinstance(told, Unread) else None
        return told is None or (made is not None and made.method in ("localtime", "gmtime") and not made.positional)
    receiver = event.receiver
    keys = [symbol.key for symbol in receiver.symbols()] if isinstance(receiver, Value) else []
    return len(keys) == 1 and any(isinstance(key, tuple) and len(key) > 2 and key[2] in now for key in keys)


def _clock(path: Value, clocks: dict[object, Event]) -> Event | None:
    """The clock that the name is taken from, and nothing else that differs between processes."""
    parts = path.content.parts if isinstance(path.content, Text) else (path,)
    found = [_read(part, clocks) for part in parts if isinstance(part, Value)]
    return next((one for one in found if one is not None), None)


def _read(part: Value, clocks: dict[object, Event]) -> Event | None:
    content = part.content
    symbols = list(part.symbols())
    if not isinstance(content, Term) or len(symbols) != 1 or symbols[0].reach is Reach.UNIFORM:
        return None
    return clocks.get(symbols[0].key)


def _matches(mine: Value, own: dict[object, Event], theirs: Value, other: dict[object, Event]) -> bool:
    """The same name, but for what each has read from its clock by the same call."""
    if not isinstance(mine.content, Text) or not isinstance(theirs.content, Text):
        return False
    left, right = mine.content.parts, theirs.content.parts
    return len(left) == len(right) and all(map(lambda a, b: _fits(a, own, b, other), left, right))


def _fits(mine: str | Value, own: dict[object, Event], theirs: str | Value, other: dict[object, Event]) -> bool:
    if isinstance(mine, str) or isinstance(theirs, str):
        return isinstance(mine, str) and isinstance(theirs, str) and mine == theirs
    left, right = _read(mine, own), _read(theirs, other)
    if left is None or right is None:
        return mine.same(theirs)
    return left.place == right.place


def _looked_for(event: Event) -> Value | None:
    if event.caught or event.open:
        return None
    if event.name == "open":
        mode = event.given(1, "mode")
        if mode is not None and as_value(mode).string not in ("r", "rb", "rt"):
            return None
    given = event.positional[0] if event.positional else None
    return as_value(given) if given is not None else None


def _names(event: Event, path: Value) -> bool:
    """It is given this very path, and may write there."""
    things = (*event.positional, *event.keywords.values(), event.receiver)
    return event.name not in _READS[:-1] and any(thing is not None and as_value(thing).same(path) for thing in things)


def _to_the_second(event: Event) -> bool:
    return event.name in _CLOCKS and event.surely and any(part in _format(event) for part in _SECONDS)


def told(clock: Event) -> str:
    """The format in which it is read, or the call."""
    return _format(clock) or clock.name


def _format(event: Event) -> str:
    given = event.given(0, "format")
    return (as_value(given).string if given is not None else None) or ""
