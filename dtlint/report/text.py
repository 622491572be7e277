"""For a person: the place with its source line, what is wrong, what led to it, and what helps."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterator

from dtlint.diagnostic import Blocked, Diagnostic, Severity
from dtlint.report.view import View, visible
from dtlint.source import Span

WIDTH = 120
"""Columns of a source line that are shown; of a longer one, those around the finding."""

TAB = 4

_RESET = "\x1b[0m"
_STYLES = {
    "error": "\x1b[1;31m",
    "warning": "\x1b[1;33m",
    "note": "\x1b[1;36m",
    "frame": "\x1b[34m",
    "strong": "\x1b[1m",
}


def render(view: View) -> str:
    blocks = ["\n".join(diagnostic_lines(view, diagnostic)) for diagnostic in view.shown]
    if view.undecided:
        blocks += ["\n".join(_undecided(view, blocked)) for blocked in view.report.blocked]
    blocks.append(_summary(view))
    if view.statistics:
        blocks.append("\n".join(statistics_lines(view)))
    return "\n\n".join(blocks) + "\n"


def diagnostic_lines(view: View, diagnostic: Diagnostic) -> Iterator[str]:
    severity = diagnostic.severity.value
    head = _paint(view, severity, f"{severity}[{diagnostic.rule}]")
    yield f"{head}: {_paint(view, 'strong', visible(diagnostic.message))}"
    yield from _excerpt(view, diagnostic.at, severity)
    gutter = len(str(view.start(diagnostic.at).line))
    mark = " " * (gutter + 2) + _paint(view, "frame", "=")
    for assumption in diagnostic.presumed:
        yield f"{mark} presumed: {visible(assumption)}"
    texts = [visible(cause.text) for cause in diagnostic.because]
    width = min(max(map(columns, texts), default=0), 40)
    for text, cause in zip(texts, diagnostic.because, strict=True):
        yield f"{mark} because: {text}{' ' * (width - columns(text))}   {view.place(cause.at)}"
    if diagnostic.help:
        yield f"{mark} help: {visible(diagnostic.help)}"


def _undecided(view: View, blocked: Blocked) -> Iterator[str]:
    unknowns = "; ".join(map(visible, blocked.unknowns)) or "something that has no name"
    yield f"{_paint(view, 'note', f'undecided[{blocked.rule}]')}: not known: {unknowns}"
    yield from _excerpt(view, blocked.at, "note")


def _excerpt(view: View, span: Span, style: str) -> Iterator[str]:
    """The arrow with the place and, where there is a text, the line."""
    start = view.start(span)
    source = view.report.sources(span.path)
    gutter = len(str(start.line))
    arrow = _paint(view, "frame", "-->")
    if source is None:
        yield f"{' ' * (gutter + 1)}{arrow} {visible(view.path(span.path))}"
        return
    yield f"{' ' * (gutter + 1)}{arrow} {visible(view.path(span.path))}:{start.line}:{start.column}"
    line = source.line(start.line)
    if line.strip():
        end = start.column - 1 + max(span.end - span.start, 1)
        shown, before, marked = window(line, start.column - 1, min(end, len(line)))
        bar = _paint(view, "frame", "|")
        yield f"{' ' * (gutter + 2)}{bar}"
        yield f" {start.line} {bar} {shown}"
        yield f"{' ' * (gutter + 2)}{bar} {' ' * before}{_paint(view, style, '^' * marked)}"


def window(line: str, start: int, end: int) -> tuple[str, int, int]:
    """The part of a line to show, and where in it, in columns, `line[start:end]` begins and how wide it is.

    Tabs are expanded; of a line wider than `WIDTH` the part around `start` is shown, with dots at the cut ends.
    """
    cells = list(_cells(line))
    first, last = 0, len(cells)
    if sum(columns(cell) for cell in cells) > WIDTH:
        room = WIDTH - 2
        first = last = min(start, len(cells))
        lead = room // 4
        while first > 0 and lead >= columns(cells[first - 1]):
            first -= 1
            lead -= columns(cells[first])
            room -= columns(cells[first])
        while last < len(cells) and room >= columns(cells[last]):
            room -= columns(cells[last])
            last += 1
        while first > 0 and room >= columns(cells[first - 1]):
            first -= 1
            room -= columns(cells[first])
    left = "…" if first > 0 else ""
    right = "…" if last < len(cells) else ""
    before = columns(left) + sum(columns(cell) for cell in cells[first:start])
    marked = sum(columns(cell) for cell in cells[start : min(end, last)])
    return f"{left}{''.join(cells[first:last])}{right}", before, max(marked, 1)


def _cells(line: str) -> Iterator[str]:
    """What stands on the terminal for each code point of the line."""
    column = 0
    for char in line:
        cell = " " * (TAB - column % TAB) if char == "\t" else visible(char)
        column += columns(cell)
        yield cell


def columns(text: str) -> int:
    """Columns that `text` takes on a terminal."""
    if text.isascii():
        return len(text)
    return sum(_width(char) for char in text)


def _width(char: str) -> int:
    if unicodedata.combining(char) or unicodedata.category(char) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def _summary(view: View) -> str:
    counts = Counter(diagnostic.severity for diagnostic in view.shown)
    words = [_count(counts[severity], severity.value) for severity in (Severity.ERROR, Severity.WARNING, Severity.NOTE)]
    found = ", ".join(word for word in words if word)
    files = len({diagnostic.at.path for diagnostic in view.shown})
    summary = f"{found} in {_count(files, 'file')}" if found else "nothing found"
    if view.report.suppressed:
        summary += f", {len(view.report.suppressed)} suppressed"
    if any(diagnostic.rule in view.report.cards for diagnostic in view.shown):
        summary += "; `dtlint explain RULE` tells more"
    fixes = [diagnostic.fix for diagnostic in view.shown if diagnostic.fix is not None]
    safe = sum(fix.safe for fix in fixes)
    if safe:
        summary += f", --fix mends {safe}"
    if len(fixes) > safe:
        summary += f", --unsafe-fixes {f'{len(fixes) - safe} more' if safe else f'mends {len(fixes)}'}"
    return summary


def statistics_lines(view: View) -> Iterator[str]:
    """How often each rule spoke, and the measures of the run."""
    counts = Counter(diagnostic.rule for diagnostic in view.shown)
    for rule, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        yield f"{count:>7}  {rule}"
    for name, measure in view.report.statistics.items():
        yield f"{measure:>7.3f}  {name}" if isinstance(measure, float) else f"{measure:>7}  {name}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}" if number else ""


def _paint(view: View, style: str, text: str) -> str:
    return painted(text, style, view.color)


def painted(text: str, style: str, color: bool) -> str:
    return f"{_STYLES[style]}{text}{_RESET}" if color else text
