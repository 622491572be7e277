"""What dtlint says: one mistake at one place, and what led to it."""

from __future__ import annotations

import enum

from dtlint.fix import Fix
from dtlint.record import record
from dtlint.source import Span


class Severity(enum.Enum):
    ERROR = "error"
    """It will crash, hang, corrupt, or train something else than was meant."""
    WARNING = "warning"
    """It is very likely slow, fragile or wrong."""
    NOTE = "note"
    """Worth knowing; off by default."""

    @property
    def rank(self) -> int:
        """The higher, the graver."""
        return {"note": 0, "warning": 1, "error": 2}[self.value]


@record
class Cause:
    """A place that led to the finding, in the words in which a person would say it: `PROCS=8`."""

    text: str
    at: Span


PROBLEM = "problem"
"""The rule name of diagnostics about dtlint's own reading: broken files, a failing rule."""


@record
class Diagnostic:
    rule: str
    severity: Severity
    message: str
    at: Span
    because: tuple[Cause, ...] = ()
    help: str = ""
    fix: Fix | None = None
    presumed: tuple[str, ...] = ()
    """The presumptions it rests on, in words."""

    @property
    def order(self) -> tuple[object, ...]:
        return (self.at.path, self.at.start, self.at.end, self.rule, self.message)


@record
class Blocked:
    """A rule that could not decide, and the unknowns that kept it from deciding."""

    rule: str
    at: Span
    unknowns: tuple[str, ...]
