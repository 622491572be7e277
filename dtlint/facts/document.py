"""Documents: trees of mappings, sequences and leaves (YAML, JSON, TOML, dotenv, hostfiles …)."""

from __future__ import annotations

from dtlint.facts.problem import Problem
from dtlint.record import record
from dtlint.source import Span


@record
class Leaf:
    """A scalar as the format types it."""

    value: str | int | float | bool | None
    at: Span
    """The scalar itself, its quotes included."""
    text: str
    """As written, without quotes: what a person would search for."""
    quoted: bool = False
    alias_at: Span | None = None
    """Where the alias stands, if the leaf was borrowed from an anchor."""


@record
class Hole:
    """A leaf that something fills in before the file is used: `{{ x }}`, `<FILL>`, `$VAR`, a bare word in JSON."""

    text: str
    at: Span


@record
class Entry:
    key: str
    key_at: Span
    node: Node


@record
class Mapping:
    entries: tuple[Entry, ...]
    at: Span
    complete: bool = True
    """False where a template may add entries, or a part could not be read."""

    def get(self, key: str) -> Node | None:
        """The last entry of that name, as parsers take it."""
        return next((entry.node for entry in reversed(self.entries) if entry.key == key), None)


@record
class Listing:
    items: tuple[Node, ...]
    at: Span
    complete: bool = True


Node = Leaf | Hole | Mapping | Listing


@record
class Document:
    """One file of one or more documents; a Dockerfile's and a hostfile's readers make their own shapes of it."""

    path: str
    format: str
    """yaml, json, toml, dotenv, hostfile, pins …"""
    roots: tuple[Node, ...]
    problems: tuple[Problem, ...] = ()
