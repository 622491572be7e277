"""Which hosts and processes are looked at one by one when there are many."""

from __future__ import annotations

from dtlint.value import Value


def corners(count: Value, presumed: int = 1) -> tuple[int, ...]:
    """The first two and the last of `count`; where it is not known, as many as may be presumed."""
    number = count.integer
    if number is None:
        return tuple(range(presumed))
    if number <= 0:
        return ()
    return tuple(sorted({0, min(1, number - 1), number - 1}))
