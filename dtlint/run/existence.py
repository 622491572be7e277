"""Conditions that ask whether a file is there, and files that a script leaves for its next start."""

from __future__ import annotations

from dtlint.record import record
from dtlint.run.effects import Effect
from dtlint.run.script.objects import identity
from dtlint.run.script.trace import Fork, ScriptRun


@record
class Asked:
    """A test for a file."""

    path: object
    """What identifies the path."""
    there: int
    """The side of the fork on which the file is there."""


def asked(fork: Fork) -> Asked | None:
    """The test that a fork consists of; None for other conditions."""
    key: object = next((symbol.key for symbol in fork.value.symbols()), None)
    there = 0
    if isinstance(key, tuple) and len(key) == 2 and key[0] == "not":
        key, there = key[1], 1
    match key:
        case ("exists", ("exists", path), _):
            return Asked(path, there)
        case _:
            return None


def left_behind(run: ScriptRun, fork: Fork, side: int) -> bool:
    """On this side there is a file that the script itself surely writes: whoever starts it again comes to it."""
    test = asked(fork)
    if test is None or test.there != side:
        return False
    saved = (event for event in run.effects(Effect.SAVES) if event.surely and event.row is not None and event.row.path)
    return any(identity(event.argument(event.row.path)) == test.path for event in saved if event.row is not None)
