"""A file, or a part of one, that could not be read."""

from __future__ import annotations

from dtlint.record import record
from dtlint.source import Span


@record
class Problem:
    """One sentence for a person, and the place where reading stopped."""

    message: str
    at: Span
