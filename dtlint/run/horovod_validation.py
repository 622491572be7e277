"""Trainings of Keras under Horovod that are validated in one process and not in another."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from dtlint.run.horovod import callbacks_made, fits_of_both, usual
from dtlint.run.script.objects import Instance, ListObject, Thing, Unread
from dtlint.run.script.trace import Event, ScriptRun
from dtlint.value import Value

_AVERAGES: Final = re.compile(r"horovod\.[\w.]+\.callbacks\.MetricAverageCallback")
_VALIDATES: Final = ("validation_data", "validation_split")
_MAKES_DATA: Final = ("numpy.", "tensorflow.", "keras.")
"""What their calls give is surely not None."""


def validated_alone(mine: ScriptRun, theirs: ScriptRun) -> Iterator[tuple[Event, Event]]:
    """Trainings of both that only the first process validates, and the callback that averages the metrics of both."""
    for fit, other in fits_of_both(mine, theirs):
        validates = any(_given(fit.keywords.get(name)) for name in _VALIDATES)
        left_out = not other.open and all(_left_out(other.keywords.get(name)) for name in _VALIDATES)
        if not validates or not left_out or not usual(fit) or not usual(other):
            continue
        beside = {made.at for made in callbacks_made(other) if _AVERAGES.fullmatch(made.name)}
        average = next((made for made in callbacks_made(fit) if made.at in beside), None)
        if average is not None:
            yield fit, average


def _left_out(thing: Thing | None) -> bool:
    """It is not given, or nothing: None, or a share of none of the data."""
    return thing is None or (isinstance(thing, Value) and thing.known and not thing.constant)


def _given(thing: Thing | None) -> bool:
    """It is surely data, or a share of the data."""
    if isinstance(thing, Unread):
        return thing.made_by is not None and thing.made_by.name.startswith(_MAKES_DATA)
    if isinstance(thing, ListObject):
        return bool(thing.items)
    return isinstance(thing, Instance) or (isinstance(thing, Value) and thing.known and bool(thing.constant))
