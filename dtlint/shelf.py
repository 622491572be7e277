"""What a start needs of dtlint's own rules, in one file of the cache: front matter as parsed, checks as compiled.

A hundred and fifty cards are a quarter of a second of YAML and of opening files at every start; one marshalled file is
a few milliseconds.  Like Python's own bytecode it is bound to the interpreter and to each file's size and time.
"""

from __future__ import annotations

import marshal
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

from dtlint.cache import Cache, key_of

T = TypeVar("T")

State = tuple[int, int]
"""Size in bytes and time of the last change in nanoseconds."""


class Shelf:
    """Things that `marshal` can keep, each made of one file and made anew when the file changes."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[State, Any]] = {}
        self._asked: set[str] = set()
        self._grown = False
        self._cache: Cache | None = None
        self._key = ""

    def open(self, cache: Cache, folder: Path) -> None:
        """Take what `cache` has for the rules in `folder`, once."""
        if self._cache is None:
            self._cache, self._key = cache, key_of("shelf", sys.version, str(folder))
            content = cache.get(self._key)
            if content is not None:
                self._kept = {**marshal.loads(content), **self._kept}

    def get(self, path: str, state: State, make: Callable[[str], T]) -> T:
        """What `make` gives for the file in this state, now or when it was asked last.  Raises what `make` raises."""
        found = self._kept.get(path)
        if found is None or found[0] != state:
            found = self._kept[path] = (state, make(path))
            self._grown = True
        self._asked.add(path)
        thing: T = found[1]
        return thing

    def close(self) -> None:
        """Put what was asked into the cache, if something of it is new."""
        if self._grown and self._cache is not None:
            self._cache.put(self._key, marshal.dumps({name: self._kept[name] for name in self._asked}))
            self._grown = False


OWN: Final = Shelf()
"""Holds dtlint's own rules for as long as the process lives."""


def state_of(path: str) -> State:
    """Raises `OSError`."""
    found = os.stat(path)
    return found.st_size, found.st_mtime_ns
