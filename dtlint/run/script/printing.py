"""What `str` makes of a dict or a list, of which parts may not be known."""

from __future__ import annotations

from typing import Final

from dtlint.run.script.objects import DictObject, ListObject, Thing, as_value
from dtlint.run.script.operators import derived
from dtlint.value import Value, text

MOST: Final = 200
"""Things in one text; a larger one is anything."""


def printed(thing: Thing) -> Value | None:
    """The text of a dict or a list that is written out in the script; None of another thing, or of a large one.

    What a call gives may print in a way of its own, though it is read as a dict or a list: an OrderedDict, a view.
    """
    parts: list[str | Value] = []
    if not isinstance(thing, DictObject | ListObject) or not _written_out(thing) or not _print(thing, parts, [MOST]):
        return None
    return text(parts).after(thing.trail)


def _written_out(thing: DictObject | ListObject) -> bool:
    return thing.complete and bool(thing.trail) and not thing.unseen


def _print(thing: Thing, parts: list[str | Value], left: list[int]) -> bool:
    left[0] -= 1
    if left[0] < 0:
        return False
    match thing:
        case DictObject(cls="dict") if _written_out(thing):
            parts.append("{")
            for place, (key, entry) in enumerate(thing.entries.items()):
                parts.append(f"{', ' if place else ''}{key!r}: ")
                if not _print(entry, parts, left):
                    return False
            parts.append("}")
        case ListObject(kind="list") if _written_out(thing):
            parts.append("[")
            for place, item in enumerate(thing.items):
                parts.append(", " if place else "")
                if not _print(item, parts, left):
                    return False
            parts.append("]")
        case Value() if thing.known:
            parts.append(repr(thing.constant))
        case _:
            parts.append(derived("repr", as_value(thing)))
    return True
