"""Things of a job and what connects them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from dtlint.record import record


@record
class Look:
    """How a thing is drawn."""

    kind: str
    """root, host, launch, process, script, world, endpoint, config, or more: what stands for many."""
    label: str


@dataclass(slots=True)
class Graph:
    """A directed graph of the things themselves, in the order in which they were added.

    It is our own because a picture of a job needs no more than this, and importing networkx takes a fifth of the time
    of drawing one.
    """

    nodes: dict[Any, Look] = field(default_factory=dict)
    _heads: dict[Any, dict[Any, str]] = field(default_factory=dict)
    """What each thing leads to, and how."""

    def add(self, thing: Any, kind: str, label: str) -> None:
        self.nodes[thing] = Look(kind, label)

    def connect(self, kind: str, *pairs: tuple[Any, Any]) -> None:
        """Lead from the first of each pair to the second, which are both added somewhere."""
        for tail, head in pairs:
            self._heads.setdefault(tail, {})[head] = kind

    def edges(self) -> Iterator[tuple[Any, Any, str]]:
        """From where, to where and how, by the order of the things that they start at."""
        for tail in self.nodes:
            for head, kind in self._heads.get(tail, {}).items():
                yield tail, head, kind
