"""Going through the syntax of a script without asking each node anew which fields it has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Final

from dtlint.source import Span


def inside(node: object) -> tuple[object, ...]:
    """What is directly within a piece of syntax: of a tuple its items, of a node its fields, places left out."""
    if isinstance(node, tuple):
        return node
    kind = type(node)
    names = _FIELDS.get(kind)
    if names is None:
        parts = fields(node) if is_dataclass(node) and not isinstance(node, Span | type) else ()
        names = _FIELDS[kind] = tuple(part.name for part in parts if part.name not in ("at", "name_at"))
    return tuple([getattr(node, name) for name in names])


_FIELDS: Final[dict[type, tuple[str, ...]]] = {}
"""The fields of pieces of syntax that hold others, by their class."""


def nodes_of(node: object) -> Iterator[object]:
    """It and all that is within."""
    pending = [node]
    while pending:
        one = pending.pop()
        yield one
        pending += inside(one)
