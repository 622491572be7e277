"""Why we think that a value is what it is: the steps from where it is used to where it was written."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from typing import Final

from dtlint.record import record
from dtlint.source import Span


class How(enum.Enum):
    WRITTEN = "written"
    """A literal in a script or a configuration file."""
    OPTION = "option"
    """An option of a command or an argument of a call."""
    HEADER = "header"
    """An `#SBATCH` line and its like."""
    DEFAULT = "default"
    """What holds where nothing that was read sets it."""
    ENVIRONMENT = "environment"
    """An environment variable, set by a file or by a launcher."""
    FILE = "file"
    """A file whose whole text a command read."""
    COMPUTED = "computed"
    ASSUMED = "assumed"
    """Given by the user's configuration."""
    PRESUMED = "presumed"
    """One of the closed list of presumptions; the message says it."""

    __hash__ = object.__hash__  # each is there once; the one of `Enum` is written in Python


@record
class Step:
    """One place that led to a value, with the words in which a person would say it."""

    how: How
    text: str
    at: Span

    def __hash__(self) -> int:
        return hash((self.text, self.at.start, self.at.end))  # trails are joined all the time


Trail = tuple[Step, ...]
"""Nearest to the use first."""

LONGEST: Final = 10


def join(*trails: Iterable[Step]) -> Trail:
    """All steps in order, each once, at most `LONGEST` of them."""
    joined: dict[Step, None] = {}
    for trail in trails:
        for step in trail:
            joined.setdefault(step)
            if len(joined) == LONGEST:
                return tuple(joined)
    return tuple(joined)


def around(trail: Trail, at: Span) -> Trail:
    """The steps that stand for a place: those whose text holds it."""
    return tuple(
        step for step in trail if step.at.path == at.path and step.at.start <= at.start and at.end <= step.at.end
    )
