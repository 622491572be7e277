"""What one report comes to for editors: diagnostics as they are sent, and what stands where."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

from lsprotocol import types

from dtlint.card import Card
from dtlint.diagnostic import PROBLEM, Diagnostic, Severity
from dtlint.lsp.addresses import uri_of
from dtlint.lsp.positions import Shift, Text
from dtlint.outcome import Report
from dtlint.outline import Named, Started
from dtlint.read.kinds import Kind
from dtlint.readings import Reading
from dtlint.record import record
from dtlint.report.lsp import content
from dtlint.session import Session
from dtlint.source import Span

Placed = TypeVar("Placed", Started, Named)

_STALE: Final = "cannot be read as it is now: what dtlint shows is of the last text that it could read"


@record
class Manner:
    """How a client wants to be told."""

    encoding: str
    """In which columns are counted."""
    structure: Callable[[dict[str, Any], type[types.Diagnostic]], types.Diagnostic]
    """What makes a diagnostic of what the protocol writes."""


class Snapshot:
    """Made in the thread of the session, and never changed after."""

    def __init__(self, session: Session, report: Report, lowest: Severity, manner: Manner) -> None:
        self.root = session.root
        self.cards: Mapping[str, Card] = report.cards
        self.buffers: Mapping[str, str] = dict(session.buffers)
        self.stale = dict(session.stale)
        self.found: dict[str, list[tuple[Diagnostic, types.Diagnostic]]] = {}
        """Diagnostics and how they are sent, by path."""
        self._outlines = session.outline()
        self._encoding = manner.encoding
        self._report = report
        self._texts: dict[str, Text] = {}
        self._shifts: dict[str, Shift] = {}
        for diagnostic in report.shown(lowest):
            sent = content(diagnostic, report.cards.get(diagnostic.rule), self.location)
            pair = (diagnostic, manner.structure(sent, types.Diagnostic))
            self.found.setdefault(diagnostic.at.path, []).append(pair)
        for path, problem in self.stale.items():
            text = self.text(path)
            said = Diagnostic(PROBLEM, Severity.NOTE, f"{_STALE} ({problem.message})", problem.at)
            place = text.range(problem.at.start, problem.at.end) if text else _NOWHERE
            sent_now = types.Diagnostic(
                place, said.message, types.DiagnosticSeverity.Information, PROBLEM, source="dtlint"
            )
            self.found.setdefault(path, []).append((said, sent_now))
        kinds = {path: session.workspace.kind(path) for path in {*self.found, *self.buffers}}
        self.kinds: Mapping[str, Kind | None] = kinds
        for path in {*self.buffers, *session.read()}:
            self.text(path)
        # From here on others read this, while the session goes on with newer texts.
        self._report = Report(self.root)

    # -- what stands where

    def started(self, path: str) -> list[Started]:
        return _once(launch for part in self._outlines for launch in part.started if launch.at.path == path)

    def named(self, path: str) -> list[Named]:
        return _once(name for part in self._outlines for name in part.named if name.at.path == path)

    def readings(self, path: str) -> list[tuple[Reading, ...]]:
        """Together what jobs read in one place under one name; the smallest places first."""
        found: dict[tuple[Span, str], dict[str, Reading]] = {}
        for part in self._outlines:
            for reading in part.readings:
                if reading.at.path == path:
                    found.setdefault((reading.at, reading.name), {}).setdefault(reading.text, reading)
        several = [tuple(by_text.values()) for by_text in found.values()]
        return sorted(several, key=lambda readings: (readings[0].at.end - readings[0].at.start, readings[0].at))

    # -- where the client finds it

    def location(self, span: Span) -> dict[str, Any]:
        """Where the client finds the place."""
        return {"uri": uri_of(Path(self.root, span.path)), "range": _plain(self.range(span))}

    def range(self, span: Span) -> types.Range:
        text = self.text(span.path)
        if text is None:
            return _NOWHERE
        start, end = span.start, span.end
        shift = self._shifts.get(span.path)
        if shift is not None:
            start, end = shift(start), shift(end)
        return text.range(start, end)

    def text(self, path: str) -> Text | None:
        """What the client has of the file, or the disk."""
        if path not in self._texts:
            source = self._report.sources(path)
            if path in self.stale and path in self.buffers:
                self._texts[path] = Text(self.buffers[path], self._encoding)
                if source is not None:
                    self._shifts[path] = Shift(source.text, self.buffers[path])
            elif source is not None:
                self._texts[path] = Text(source.text, self._encoding)
        return self._texts.get(path)

    def sent(self, path: str) -> list[types.Diagnostic]:
        return [sent for _, sent in self.found.get(path, ())]

    def touching(self, paths: Iterable[str]) -> None:
        """Leave out what has nothing to do with these files."""
        wanted = set(paths)
        for path, pairs in tuple(self.found.items()):
            kept = [
                pair for pair in pairs if path in wanted or any(cause.at.path in wanted for cause in pair[0].because)
            ]
            self.found[path] = kept


def _once(things: Iterable[Placed]) -> list[Placed]:
    """In the order of their places; of what several jobs tell of one place, the first."""
    by_place: dict[Span, Placed] = {}
    for thing in things:
        by_place.setdefault(thing.at, thing)
    return [by_place[at] for at in sorted(by_place)]


_NOWHERE: Final = types.Range(types.Position(0, 0), types.Position(0, 0))


def _plain(region: types.Range) -> dict[str, Any]:
    return {
        "start": {"line": region.start.line, "character": region.start.character},
        "end": {"line": region.end.line, "character": region.end.character},
    }
