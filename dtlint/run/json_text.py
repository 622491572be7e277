"""JSON in a text of which parts may not be known: written from a value, and read back."""

from __future__ import annotations

import json
import re
from typing import Any, Final

from dtlint.value import Fields, Items, Term, Text, Trail, Value, absent, fields, items, known, text, unknown

MOST: Final = 500
"""Leaves of one text; a larger one is anything."""

_CHARACTERS: Final = frozenset(("Expecting property name enclosed in double quotes", "Expecting ':' delimiter"))
"""Faults of one character, of which it is no matter what follows."""

_MARK: Final = re.compile("\ue000([0-9]+)\ue001")
"""Stands for a part that is not known; no JSON text of a job has characters for private use."""


def written(value: Value) -> Value | None:
    """The text that `json.dumps` makes of it; None where its shape is not known."""
    parts: list[str | Value] = []
    return text(parts).after(value.trail) if _write(value, parts, [MOST]) else None


def _write(value: Value, parts: list[str | Value], left: list[int]) -> bool:
    left[0] -= 1
    if left[0] < 0:
        return False
    match value.content:
        case Fields(entries=entries, complete=True):
            for place, (key, entry) in enumerate(entries.items()):
                parts.append(("{" if place == 0 else ", ") + json.dumps(key) + ": ")
                if not _write(entry, parts, left):
                    return False
            parts.append("}" if entries else "{}")
        case Items(items=members, complete=True):
            for place, member in enumerate(members):
                parts.append("[" if place == 0 else ", ")
                if not _write(member, parts, left):
                    return False
            parts.append("]" if members else "[]")
        case Text(parts=pieces):
            inner = [json.dumps(piece)[1:-1] if isinstance(piece, str) else piece for piece in pieces]
            parts += ['"', *inner, '"']
        case Term():
            parts.append(value)
        case _ if value.known:
            parts.append(known(json.dumps(value.constant)).after(value.trail))
        case _:
            return False
    return True


def parsed(told: Value) -> Value:
    """What `json.loads` makes of a text: absent where it is surely no JSON, unknown where that cannot be told.

    A list in which something is not known may have any number of items: the shell joins them within one variable.
    """
    hidden = unknown(f"what {told} says", key=("json", str(told)), trail=told.trail)
    if isinstance(told.content, Text):
        unknowns = [part for part in told.content.parts if isinstance(part, Value)]
        try:
            return _made(json.loads(_marked(told.content.parts)), unknowns, told.trail)
        except (ValueError, RecursionError):
            return hidden if fault(told) is None else absent(*told.trail)
    if told.string is None:
        return hidden
    try:
        return _made(json.loads(told.string), [], told.trail)
    except RecursionError:
        return hidden
    except ValueError:
        return absent(*told.trail)


def fault(told: Value) -> str | None:
    """What `json.loads` has against a text that is surely no JSON, whatever its unknown parts are; else None."""
    first = told.content.parts[0] if isinstance(told.content, Text) else told.string
    if not isinstance(first, str):
        return None
    try:
        json.loads(first)
    except json.JSONDecodeError as error:
        # What is cut off behind the known beginning has nothing wrong with it but its end.
        if isinstance(told.content, Text) and (error.msg not in _CHARACTERS or error.pos >= len(first)):
            return None
        return error.msg[0].lower() + error.msg[1:]
    except (ValueError, RecursionError):
        # Numbers of thousands of digits, and nesting without end, are beyond this reader alone.
        return None
    return None


def _marked(parts: tuple[str | Value, ...]) -> str:
    """The text with a mark for each part that is not known; one that stands outside of quotes becomes a text."""
    made, inside, count = "", False, 0
    for part in parts:
        if isinstance(part, str):
            made += part
            inside = inside ^ (len(re.findall(r'(?<!\\)"', part)) % 2 == 1)
            continue
        mark = f"\ue000{count}\ue001"
        made += mark if inside else f'"{mark}"'
        count += 1
    return made


def _made(parsed: Any, unknowns: list[Value], trail: Trail) -> Value:
    match parsed:
        case dict():
            seen = {key: _made(entry, unknowns, trail) for key, entry in parsed.items() if not _MARK.search(key)}
            return fields(seen, len(seen) == len(parsed), trail)
        case list():
            members = [_made(member, unknowns, trail) for member in parsed]
            return items(members, not any(_open(member) for member in members), trail)
        case str() if _MARK.search(parsed):
            pieces = _MARK.split(parsed)
            return text(unknowns[int(piece)] if place % 2 else piece for place, piece in enumerate(pieces)).after(trail)
        case None | str() | int() | float():
            return known(parsed, *trail)
        case _:
            return unknown("a value", key=("json", str(parsed)), trail=trail)


def _open(member: Value) -> bool:
    return isinstance(member.content, Term | Text)
