"""A file, or a part of one, that could not be read."""

from __future__ import annotations

from dataclasses import dataclass

from dtlint.source import Span


@dataclass(frozen=True, slots=True)
class Problem:
    """One sentence for a person, and the place where reading stopped."""

    message: str
    at: Span
