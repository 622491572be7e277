"""What every format needs of a report: the diagnostics to show, and places as people count them."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from dtlint.diagnostic import Diagnostic, Severity
from dtlint.outcome import Report
from dtlint.source import Position, Span


@dataclass(frozen=True)
class View:
    report: Report
    lowest: Severity = Severity.WARNING
    base: Path | None = None
    """Paths are shown as seen from here; None for the workspace itself."""
    color: bool = False
    undecided: bool = False
    """Show also which rules stayed undecided."""
    statistics: bool = False

    @cached_property
    def shown(self) -> Sequence[Diagnostic]:
        return self.report.shown(self.lowest)

    def path(self, path: str) -> str:
        """A path of the workspace as a person here would name it."""
        if self.base is None:
            return path
        seen = os.path.relpath(self.report.root / path, self.base)
        if seen.startswith("..") and not self.base.is_relative_to(self.report.root):
            seen = str(self.report.root / path)
        return seen.replace(os.sep, "/")

    def start(self, span: Span) -> Position:
        return self._position(span, span.start)

    def end(self, span: Span) -> Position:
        """The place behind the span's last code point."""
        return self._position(span, span.end)

    def _position(self, span: Span, offset: int) -> Position:
        source = self.report.sources(span.path)
        return source.position(min(offset, len(source.text))) if source else Position(1, 1)

    def place(self, span: Span) -> str:
        """`path:line`"""
        return f"{self.path(span.path)}:{self.start(span).line}"


def visible(text: str) -> str:
    """`text` without characters that would command a terminal, hide text or turn its direction."""
    if text.isprintable():
        return text
    return "".join(char if char == "\t" or unicodedata.category(char)[0] != "C" else "\ufffd" for char in text)


def sentence(diagnostic: Diagnostic) -> str:
    """The message on one line, with what it presumes."""
    message = visible(" ".join(diagnostic.message.split()))
    presumed = visible("; ".join(diagnostic.presumed))
    return f"{message} (presumed: {presumed})" if presumed else message


def paragraph(view: View, diagnostic: Diagnostic) -> str:
    """The message and, on lines of their own, what led to it and what helps."""
    lines = [sentence(diagnostic)]
    lines += [f"because: {visible(cause.text)} ({view.place(cause.at)})" for cause in diagnostic.because]
    if diagnostic.help:
        lines.append(f"help: {visible(diagnostic.help)}")
    return "\n".join(lines)
