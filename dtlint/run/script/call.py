"""One call as the callee sees it."""

from __future__ import annotations

from dataclasses import dataclass, field

from dtlint.run.script.objects import Thing
from dtlint.source import Span
from dtlint.value import Value, known


@dataclass(slots=True)
class Arguments:
    """What is handed over, stars unpacked."""

    at: Span
    """The whole call."""
    func_at: Span
    positional: tuple[Thing, ...] = ()
    keywords: dict[str, Thing] = field(default_factory=dict)
    open: bool = False
    """More may come from a `*` or `**` of which not everything is known."""
    places: dict[str | int, Span] = field(default_factory=dict)
    unnamed: tuple[Thing, ...] = ()
    """What stands for all that a `**` hands over under unknown names; empty where a `*` may hand over more."""

    def get(self, position: int | None, name: str = "") -> Thing | None:
        """The argument at a position or of a name; None if it is not given or cannot be told."""
        if name and name in self.keywords:
            return self.keywords[name]
        if position is not None and position < len(self.positional):
            return self.positional[position]
        return None

    def given(self, position: int | None, name: str, default: Value | None = None) -> Thing:
        """The argument, or what it is where none is given: `default`, None without one."""
        found = self.get(position, name)
        return found if found is not None else (known(None) if default is None else default)

    def place(self, position: int | None, name: str = "") -> Span:
        """Where the argument is written; the whole call if it is not."""
        if name in self.places:
            return self.places[name]
        if position is not None and position in self.places:
            return self.places[position]
        return self.at

    def behind(self, *first: Thing) -> Arguments:
        """The same call with further arguments in front."""
        moved = {key + len(first) if isinstance(key, int) else key: at for key, at in self.places.items()}
        positional = (*first, *self.positional)
        return Arguments(self.at, self.func_at, positional, self.keywords, self.open, moved, self.unnamed)
