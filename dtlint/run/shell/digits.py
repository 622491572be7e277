"""Digits that may begin with zeros, and what shell arithmetic makes of them.

A number with a leading zero is octal in `$((…))`, and 8 and 9 are no octal digits: bash calls `0089` a "value too great
for base" and leaves the line (https://www.gnu.org/software/bash/manual/html_node/Shell-Arithmetic.html; seen in bash
and dash).  Job ids are counted upwards by the scheduler, so that their last digits are all there are in turn.
"""

from __future__ import annotations

import re
from typing import Final

from dtlint.value import Kind, Term, Value, unknown
from dtlint.value.term import Symbol

NUMBERED: Final = frozenset({"$SLURM_JOB_ID", "$SLURM_JOBID", "$SLURM_ARRAY_JOB_ID", "$LSB_JOBID"})
"""Numbers that a scheduler counts upwards."""
MOST: Final = 6
"""Digits that a job id of a cluster surely has, once it is in use."""
_DATED: Final = {
    "%H": ("00", "23"), "%M": ("00", "59"), "%S": ("00", "59"), "%m": ("01", "12"), "%d": ("01", "31"),
    "%j": ("001", "366"), "%N": ("000000000", "999999999"), "%3N": ("000", "999"),
}  # fmt: skip
"""Parts of a `date` format that are filled up with zeros: what they print first and last."""
_PADDED: Final = "padded digits"
_OCTAL: Final = "digits read as octal"


def last(value: Value, count: int) -> Value | None:
    """The last `count` characters of a job id; None for what is not known to be one."""
    symbol = _symbol(value)
    if symbol is None or symbol.name not in NUMBERED or not 1 < count <= MOST:
        return None
    return unknown(
        f"the last {count} digits of {symbol.name}",
        key=(_PADDED, symbol.key, count),
        kind=Kind.CHANCE,
        reach=value.reach,
        low=0,
        high=10**count - 1,
        whole=True,
        trail=value.trail,
    )


def padded(value: Value) -> Value:
    """The same outcome of chance, printed with zeros in front of it."""
    symbol = _symbol(value)
    if symbol is None:
        return value
    low, high = symbol.low, symbol.high
    key = (_PADDED, symbol.key)
    return unknown(symbol.name, key=key, kind=Kind.CHANCE, reach=symbol.reach, low=low, high=high, whole=True)


def dated(form: str) -> tuple[int, int] | None:
    """The least and the largest number that `date` prints in this format; None if that is not padded digits."""
    parts = re.findall(r"%3?[A-Za-z]", form)
    if form != "+" + "".join(parts) or not parts or any(part not in _DATED for part in parts):
        return None
    least, most = ("".join(_DATED[part][side] for part in parts) for side in (0, 1))
    return int(least), int(most)


def in_arithmetic(value: Value) -> Value:
    """The number that `$((…))` reads: for padded digits another one, or none."""
    symbol = _symbol(value)
    if symbol is None or not isinstance(symbol.key, tuple) or symbol.key[0] != _PADDED:
        return value
    key = (_OCTAL, symbol.key)
    return unknown(symbol.name, key=key, reach=symbol.reach, low=0, high=symbol.high, whole=True, trail=value.trail)


def misread(value: Value) -> Symbol | None:
    """The padded digits among what it was computed from that arithmetic read as octal."""
    return next(
        (symbol for symbol in value.symbols() if isinstance(symbol.key, tuple) and symbol.key[0] == _OCTAL), None
    )


def _symbol(value: Value) -> Symbol | None:
    return value.content.symbol if isinstance(value.content, Term) else None
