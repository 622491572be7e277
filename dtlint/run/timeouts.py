"""How long a `timedelta` of the script is."""

from __future__ import annotations

from typing import Final

from dtlint.run.script.objects import Thing, Unread, as_value
from dtlint.run.script.trace import Event
from dtlint.value import Value

TIMEDELTA: Final = "datetime.timedelta"
_ORDER: Final = ("days", "seconds", "microseconds", "milliseconds", "minutes", "hours", "weeks")
_SECONDS: Final = {
    "days": 86_400.0, "seconds": 1.0, "microseconds": 1e-6, "milliseconds": 1e-3, "minutes": 60.0, "hours": 3_600.0,
    "weeks": 604_800.0,
}  # fmt: skip
"""Units in the order of the constructor's parameters, as the `datetime` module documents them."""


def timedelta(thing: Thing | None) -> Event | None:
    """The call of `datetime.timedelta` that made the thing."""
    made = thing.made_by if isinstance(thing, Unread) else None
    return made if made is not None and made.name == TIMEDELTA and not made.open else None


def seconds(made: Event) -> float | None:
    """How long it is; None where a part is not known."""
    parts = {**dict(zip(_ORDER, made.positional, strict=False)), **made.keywords}
    total = 0.0
    for unit, thing in parts.items():
        value = as_value(thing)
        if unit not in _SECONDS or not value.known or not isinstance(value.constant, int | float):
            return None
        total += value.constant * _SECONDS[unit]
    return total


def given_in_days(thing: Thing | None) -> Value | None:
    """The bare number of `timedelta(1800)`, which counts days; None for anything else."""
    made = timedelta(thing)
    alone = made is not None and len(made.positional) == 1 and not made.keywords
    return as_value(made.positional[0]) if made is not None and alone else None
