"""What only a terminal gets: colours, and a line that says how far a long run is."""

from __future__ import annotations

import os
import sys
import time
from typing import TextIO

PATIENCE = 1.0
"""Seconds before a run says how far it is."""


def colored(choice: str, stream: TextIO) -> bool:
    """Whether to colour what goes to `stream`; https://no-color.org for `NO_COLOR`."""
    if choice != "auto":
        return choice == "always"
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


class Progress:
    """Says on standard error how far the run is, if that is a terminal and the run takes long."""

    def __init__(self) -> None:
        self._shows = sys.stderr.isatty()
        self._next = time.monotonic() + PATIENCE
        self._dirty = False

    def __call__(self, doing: str) -> None:
        """What the run does now, in few words."""
        now = time.monotonic()
        if self._shows and now >= self._next:
            print(f"\r\x1b[K{doing}", end="", file=sys.stderr, flush=True)
            self._next = now + 0.1
            self._dirty = True

    def clear(self) -> None:
        if self._dirty:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
            self._dirty = False
