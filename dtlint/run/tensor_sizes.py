"""How many numbers of which type a tensor holds that the script makes itself, and who meets a tensor of another size.

A collective counts bytes: tensors of one length but another shape pass, another length or type of numbers does not.
Gloo ends the process that gets more or less than it waits for (seen with torch 2.13).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from math import prod
from typing import Final

from dtlint.job.process import Process
from dtlint.job.world import World
from dtlint.record import record
from dtlint.run.collectives import comes_about, meets_all, one_group
from dtlint.run.script.objects import External, ListObject, Thing, Unread, as_value
from dtlint.run.script.trace import Event, ScriptRun

_SHAPED: Final = frozenset(f"torch.{name}" for name in ("empty", "ones", "rand", "randn", "zeros"))
_COUNTED: Final = frozenset(("torch.arange", "torch.randperm"))
_MEETING: Final = frozenset(("all_reduce", "broadcast", "reduce", "all_gather_into_tensor"))
"""Those of which a tensor of another size is no use; an all_gather is made of broadcasts where its list is uneven."""
_SPOILS: Final = ("resize_", "resize_as_", "set_", "set_default_dtype", "set_default_tensor_type")
_OTHER_NAMES: Final = {
    "double": "float64", "float": "float32", "half": "float16", "int": "int32", "long": "int64", "short": "int16",
}  # fmt: skip


@record
class Size:
    count: int
    type: str
    """As in `torch.int64`, without the package; empty where it is not known."""

    def __str__(self) -> str:
        kind = f" of type {self.type}" if self.type else ""
        return f"{self.count} number{'s' * (self.count != 1)}{kind}"


@record(eq=False)
class Mismatch:
    """One collective that two processes call with tensors of different sizes."""

    event: Event
    made: Event
    other_made: Event
    size: Size
    other_size: Size
    first: Process
    second: Process


def mismatches(world: World) -> Iterator[Mismatch]:
    """One for each place, of the first two processes whose tensors differ."""
    told: set[object] = set()
    for (first, mine), (second, theirs) in combinations(world.finished, 2):
        if any(not one_group(run) or run.filled_unseen or _spoilt(run) for run in (mine, theirs)):
            continue
        here, there = _calls(mine), _calls(theirs)
        for place in here.keys() & there.keys():
            event, other = here[place], there[place]
            size, made = _size(event, mine)
            other_size, other_made = _size(other, theirs)
            if place in told or size is None or other_size is None or made is None or other_made is None:
                continue
            typed = bool(size.type and other_size.type and size.type != other_size.type)
            if size.count != other_size.count or typed:
                told.add(place)
                yield Mismatch(event, made, other_made, size, other_size, first, second)


def _spoilt(run: ScriptRun) -> bool:
    return any(event.method in _SPOILS for event in run.events)


def _calls(run: ScriptRun) -> dict[object, Event]:
    """Collectives of all processes by the place, those of which there is one call each."""
    found: dict[object, list[Event]] = {}
    for event in run.events:
        if event.method in _MEETING and event.name == f"torch.distributed.{event.method}":
            found.setdefault(event.place, []).append(event)
    return {
        place: events[0]
        for place, events in found.items()
        if len(events) == 1 and meets_all(events[0]) and comes_about(events[0], run)
    }


def _size(event: Event, run: ScriptRun) -> tuple[Size | None, Event | None]:
    thing = event.thing(event.row.alike) if event.row is not None else None
    made = thing.made_by if isinstance(thing, Unread) and not thing.unseen and thing.part_of is None else None
    if made is None or made.open or made.branches != event.branches[: len(made.branches)]:
        return None, None
    count = _count(made)
    return (Size(count, _type(made)), made) if count is not None else (None, None)


def _count(made: Event) -> int | None:
    """How many numbers the call puts into the tensor."""
    given = made.positional
    if made.name in _SHAPED:
        shape = made.keywords.get("size")
        sizes = _numbers(shape) if shape is not None else _numbers(*given)
    elif made.name == "torch.full" and given:
        sizes = _numbers(given[0])
    elif made.name in _COUNTED:
        return as_value(given[0]).integer if len(given) == 1 else None
    elif made.name in ("torch.tensor", "torch.as_tensor") and given:
        return _within(given[0])
    else:
        return None
    return prod(sizes) if sizes else None


def _numbers(*things: Thing) -> list[int] | None:
    """The dimensions, given one by one or as one list."""
    if len(things) == 1 and isinstance(things[0], ListObject):
        things = things[0].items if things[0].complete else ()
    numbers = [as_value(thing).integer for thing in things]
    found = [number for number in numbers if number is not None]
    return found if len(found) == len(numbers) else None


def _within(thing: Thing) -> int | None:
    """How many numbers a list holds, its lists taken apart; a number is one."""
    if not isinstance(thing, ListObject):
        return 1 if _type_of(thing) else None
    counts = [_within(item) for item in thing.items]
    found = [count for count in counts if count is not None]
    return sum(found) if thing.complete and not thing.varies and len(found) == len(counts) else None


def _type(made: Event) -> str:
    told = made.keywords.get("dtype")
    if told is not None:
        named = told.name.removeprefix("torch.") if isinstance(told, External) else ""
        return _OTHER_NAMES.get(named, named)
    if made.name in _SHAPED:
        return "float32"
    if made.name == "torch.randperm":
        return "int64"
    first = made.positional[0] if made.positional else None
    while isinstance(first, ListObject) and first.items:
        if len({_type_of(item) for item in first.items if not isinstance(item, ListObject)}) > 1:
            return ""
        first = first.items[0]
    return _type_of(first) if made.name in ("torch.tensor", "torch.as_tensor", "torch.arange") else ""


def _type_of(thing: Thing | None) -> str:
    value = as_value(thing) if thing is not None else None
    match value.constant if value is not None and value.known else None:
        case bool():
            return "bool"
        case int():
            return "int64"
        case float():
            return "float32"
        case _:
            return ""
