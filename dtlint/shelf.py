"""dtlint's own rules as they were last read: cards parsed and checks compiled, in one file of the cache.

A hundred and fifty cards are a quarter of a second of YAML and of opening files at every start; one marshalled file is
a few milliseconds.  Like Python's own bytecode it is bound to the interpreter and to each file's size and time.
"""

from __future__ import annotations

import marshal
import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import CodeType
from typing import Any, Final, TypeVar

from dtlint.cache import Cache, key_of
from dtlint.card import Card, load
from dtlint.diagnostic import Severity

_FIELDS: Final = tuple(name for name in Card.__match_args__ if name not in ("path", "severity"))

T = TypeVar("T")

State = tuple[int, int]
"""Size in bytes and time of the last change in nanoseconds."""


class Shelf:
    """Reads cards and checks, each file once while it stays as it is; with a cache, not even that."""

    def __init__(self) -> None:
        self._key = key_of("shelf", sys.version, repr(_FIELDS))
        self._kept: dict[str, tuple[State, Any]] = {}
        self._ready: dict[str, tuple[State, Any]] = {}
        self._cache: Cache | None = None
        self._grown = False

    def open(self, cache: Cache | None) -> None:
        """Take what the cache has, once."""
        if cache is not None and self._cache is None:
            self._cache = cache
            self._kept = {**_loaded(cache.get(self._key)), **self._kept}

    def card(self, path: Path) -> Card:
        """The card at `path`.  Raises `CardError`."""
        return self._get(path, load, _shelved, partial(_unshelved, path))

    def check(self, path: Path, run: Callable[[CodeType], T]) -> T:
        """What `run` makes of the compiled check at `path`.  Raises `OSError`, `SyntaxError` and what `run` raises."""
        code: list[CodeType] = []

        def made(path: Path) -> T:
            code.append(compile(path.read_bytes(), str(path), "exec", dont_inherit=True))
            return run(code[0])

        return self._get(path, made, lambda _: code[0], run)

    def _get(self, path: Path, make: Callable[[Path], T], put: Callable[[T], Any], take: Callable[[Any], T]) -> T:
        state, name = _state(path), str(path)
        for shelf in (self._ready, self._kept):
            found = shelf.get(name)
            if found is not None and found[0] == state:
                thing: T = found[1] if shelf is self._ready else take(found[1])
                self._ready[name] = found[0], thing
                return thing
        thing = make(path)
        if state is not None:
            self._ready[name], self._kept[name], self._grown = (state, thing), (state, put(thing)), True
        return thing

    def close(self) -> None:
        """Put what is new into the cache."""
        if self._grown and self._cache is not None:
            self._cache.put(self._key, marshal.dumps(self._kept))
        self._grown = False


OWN: Final = Shelf()
"""Holds dtlint's own rules for as long as the process lives."""


def _shelved(card: Card) -> tuple[Any, ...]:
    return card.severity.value, *(getattr(card, name) for name in _FIELDS)


def _unshelved(path: Path, kept: tuple[Any, ...]) -> Card:
    severity, *fields = kept
    return Card(**dict(zip(_FIELDS, fields, strict=True)), path=path, severity=Severity(severity))


def _loaded(content: bytes | None) -> dict[str, tuple[State, Any]]:
    try:
        found = marshal.loads(content) if content is not None else {}
    except (EOFError, ValueError, TypeError):
        return {}
    return found if isinstance(found, dict) else {}


def _state(path: Path) -> State | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns
