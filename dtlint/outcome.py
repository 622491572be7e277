"""What a run of dtlint came to: the one thing that engine, reports and command line hand on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import field, replace
from pathlib import Path

from dtlint.card import Card
from dtlint.diagnostic import Blocked, Diagnostic, Severity
from dtlint.record import record
from dtlint.source import Source, Span


@record
class Suppressed:
    """A finding that somebody decided not to see."""

    diagnostic: Diagnostic
    reason: str = ""
    """What the person wrote beside the suppression."""
    at: Span | None = None
    """The comment that suppresses it; None for the configuration or a baseline."""


@record
class Report:
    """All that one run found, ordered by place; paths in it are relative to `root`."""

    root: Path
    """Absolute path of the workspace."""
    diagnostics: tuple[Diagnostic, ...] = ()
    """Findings of rules, of every severity."""
    problems: tuple[Diagnostic, ...] = ()
    """What dtlint could not read or do: broken files, bad cards, a rule that failed."""
    suppressed: tuple[Suppressed, ...] = ()
    blocked: tuple[Blocked, ...] = ()
    """Rules that stayed undecided, and on what."""
    sources: Callable[[str], Source | None] = field(default=lambda path: None)
    """The text of a file of the workspace by its path; None for one that has no text."""
    cards: Mapping[str, Card] = field(default_factory=dict)
    """The cards of all rules that were asked, by rule."""
    statistics: Mapping[str, float] = field(default_factory=dict)
    """Measures of the run by their names, such as `files` and `seconds`."""

    def shown(self, lowest: Severity = Severity.WARNING) -> tuple[Diagnostic, ...]:
        """Findings and problems at least as grave as `lowest`, by place."""
        wanted = (d for d in (*self.diagnostics, *self.problems) if d.severity.rank >= lowest.rank)
        return tuple(sorted(wanted, key=lambda diagnostic: diagnostic.order))

    def touching(self, focus: Collection[str]) -> Report:
        """Only what has its place, or one of the places that led to it, in the `focus`: files, and folders with a
        slash behind them."""
        return replace(
            self,
            diagnostics=tuple(d for d in self.diagnostics if touches(d, focus)),
            problems=tuple(d for d in self.problems if touches(d, focus)),
            suppressed=tuple(s for s in self.suppressed if touches(s.diagnostic, focus)),
            blocked=tuple(b for b in self.blocked if within(b.at.path, focus)),
        )

    def without(self, suppressed: Iterable[Suppressed]) -> Report:
        """The report with some findings moved to the suppressed ones; equal findings go one for one."""
        moved = tuple(suppressed)
        gone = Counter(entry.diagnostic for entry in moved)
        kept: list[Diagnostic] = []
        for diagnostic in self.diagnostics:
            if gone[diagnostic]:
                gone[diagnostic] -= 1
            else:
                kept.append(diagnostic)
        return replace(self, diagnostics=tuple(kept), suppressed=(*self.suppressed, *moved))


def touches(diagnostic: Diagnostic, focus: Collection[str]) -> bool:
    return within(diagnostic.at.path, focus) or any(within(cause.at.path, focus) for cause in diagnostic.because)


def within(path: str, focus: Collection[str]) -> bool:
    """The file is one of the `focus`, or stands in one of its folders."""
    return path in focus or any(path.startswith(place) for place in focus if place.endswith("/"))
