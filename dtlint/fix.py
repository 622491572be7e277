"""Edits that mend a finding: sets of text replacements, each bound to the text that it was made for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import blake2b

from dtlint.record import record
from dtlint.source import Span


def digest(text: str) -> str:
    """Identifies the text that an edit was made for."""
    return blake2b(text.encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """Replace what stands at `at` by `text`."""

    at: Span
    text: str


@record
class Fix:
    """`safe` means: it cannot change a job that worked."""

    title: str
    edits: tuple[Edit, ...]
    safe: bool
    made_for: tuple[tuple[str, str], ...] = ()
    """Path and digest of each text that it was made for."""

    def stale(self, digests: Callable[[str], str | None]) -> bool:
        """One of the files has another text now; `digests` gives that of a path, None for a file that is gone."""
        return any(digests(path) != made for path, made in self.made_for)


def collides(edit: Edit, others: Iterable[Edit]) -> bool:
    """Both change one place, or places that touch, in different ways: two insertions at one place have no order."""
    return any(
        edit != other and edit.at.start <= other.at.end and other.at.start <= edit.at.end for other in others
    )


class StaleFixError(Exception):
    """The edits overlap, or lie outside of the text."""


def apply(text: str, edits: Iterable[Edit]) -> str:
    """The text with all edits made; raises `StaleFixError` if two overlap or one lies outside."""
    pieces: list[str] = []
    done = 0
    for edit in sorted(set(edits)):
        if edit.at.start < done or edit.at.end > len(text):
            raise StaleFixError(f"edit at {edit.at.start} overlaps another or lies outside of {edit.at.path}")
        pieces += (text[done : edit.at.start], edit.text)
        done = edit.at.end
    return "".join((*pieces, text[done:]))
