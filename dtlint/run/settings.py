"""Documents become values: what a configuration file sets, with the place where it stands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from dtlint.facts.document import Entry, Hole, Leaf, Listing, Mapping, Node
from dtlint.value import How, Step, Trail, Value, fields, items, known, unknown

_LONGEST: Final = 60


Filling = Callable[[Hole, Trail], Value]
"""What stands for a leaf that something fills in."""


def unfilled(hole: Hole, trail: Trail) -> Value:
    """Nobody who was read fills it in."""
    key = ("hole", hole.at.path, hole.at.start)
    return unknown(_short(hole.text) or "a value to be filled in", key=key, trail=trail)


def value_of(node: Node, filling: Filling = unfilled) -> Value:
    """The value that `node` gives: a record, a sequence, a constant; an unknown where something is filled in later.

    Each value's trail names its own place.  Nodes that stand in several places (aliases) are converted once.
    """
    return _Conversion(filling).value(node, None)


class _Conversion:
    def __init__(self, filling: Filling) -> None:
        self._filling = filling
        self._done: dict[tuple[int, int], Value] = {}
        self._kept: list[object] = []

    def value(self, node: Node, entry: Entry | None) -> Value:
        key = (id(node), id(entry))
        if key not in self._done:
            self._done[key] = self._convert(node, entry)
            self._kept += (node, entry)
        return self._done[key]

    def _convert(self, node: Node, entry: Entry | None) -> Value:
        match node:
            case Leaf():
                return known(node.value, *_trail(node, entry))
            case Hole():
                return self._filling(node, _trail(node, entry))
            case Listing():
                values = [self.value(item, entry) for item in node.items]
                return items(values, node.complete, _trail(node, entry))
            case Mapping():
                found = {inner.key: self.value(inner.node, inner) for inner in node.entries}
                return fields(found, node.complete, _trail(node, entry))


def _trail(node: Node, entry: Entry | None) -> Trail:
    steps = [Step(How.WRITTEN, _words(node, entry), node.at)]
    if isinstance(node, Leaf) and node.alias_at is not None:
        steps.append(Step(How.WRITTEN, "an alias of it", node.alias_at))
    return tuple(steps)


def _words(node: Node, entry: Entry | None) -> str:
    """The setting as a person would search for it: `"train_batch_size": 64`, `nnodes: 2`."""
    match node:
        case Leaf():
            content = f'"{node.text}"' if node.quoted else node.text
        case Hole():
            content = node.text
        case Listing():
            content = "[…]"
        case Mapping():
            content = "{…}"
    if entry is None:
        return _short(content)
    quoted = entry.key_at.end - entry.key_at.start == len(entry.key) + 2
    name = f'"{entry.key}"' if quoted else entry.key
    return _short(f"{name}{_separator(node.at.path)}{content}").rstrip()


def _separator(path: str) -> str:
    name = path.rpartition("/")[2]
    if name.endswith(".toml"):
        return " = "
    return "=" if ".env" in name else ": "


def _short(content: str) -> str:
    line = " ".join(content.split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"
