"""Conditions that ask whether a file is there, and files that a script leaves for its next start."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Final

from dtlint.record import record
from dtlint.run.effects import Effect
from dtlint.run.saving import happens
from dtlint.run.script.objects import identity
from dtlint.run.script.trace import Event, Fork, ScriptRun
from dtlint.value import Value, known

_NAMING: Final = "deepspeed.runtime.engine.DeepSpeedEngine.save_checkpoint"


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
    saved = (event for event in run.effects(Effect.SAVES) if happens(event).surely)
    return any(test.path in map(identity, _written(event)) for event in saved)


def _written(event: Event) -> Iterator[Value]:
    """Files and folders that are there when the call has saved what it is given."""
    if event.row is None or not event.row.path:
        return
    path = event.argument(event.row.path)
    yield path
    # `_save_checkpoint` of deepspeed/runtime/engine.py names the checkpoint in it that is read by default.
    named = event.name == _NAMING and event.argument("save_latest").is_absent
    if named and path.string is not None:
        yield known(posixpath.join(path.string, "latest"))
