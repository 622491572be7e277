"""Diagnostics of the Language Server Protocol, for editors without a server: what would be published, file by file.

https://microsoft.github.io/language-server-protocol/specifications/lsp/3.17/specification/#diagnostic
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Callable
from typing import Any, Final

from dtlint.card import Card
from dtlint.diagnostic import PROBLEM, Diagnostic
from dtlint.report.view import View, sentence, visible
from dtlint.source import Source, Span

SEVERITIES: Final = {"error": 1, "warning": 2, "note": 3}
UNNECESSARY: Final = 1
"""A tag: editors fade what it marks."""
_UNUSED: Final = "nothing to suppress here"

Place = Callable[[Span], dict[str, Any]]
"""A Location of the protocol: its `uri` and its `range`."""


def render(view: View) -> str:
    def place(span: Span) -> dict[str, Any]:
        source = view.report.sources(span.path)
        region = {"start": _position(source, span.start), "end": _position(source, span.end)}
        return {"uri": (view.report.root / span.path).as_uri(), "range": region}

    by_file: dict[str, list[dict[str, Any]]] = {}
    for diagnostic in view.shown:
        uri = place(diagnostic.at)["uri"]
        by_file.setdefault(uri, []).append(content(diagnostic, view.report.cards.get(diagnostic.rule), place))
    published = [{"uri": uri, "diagnostics": diagnostics} for uri, diagnostics in by_file.items()]
    return json.dumps(published, indent=1) + "\n"


def content(diagnostic: Diagnostic, card: Card | None, place: Place) -> dict[str, Any]:
    """One diagnostic as the protocol writes it."""
    message = sentence(diagnostic)
    if diagnostic.help:
        message += f"\nhelp: {visible(diagnostic.help)}"
    said: dict[str, Any] = {
        "range": place(diagnostic.at)["range"],
        "severity": SEVERITIES[diagnostic.severity.value],
        "code": diagnostic.rule,
        "source": "dtlint",
        "message": message,
    }
    if card is not None:
        said["codeDescription"] = {"href": card.path.resolve().as_uri()}
    if diagnostic.because:
        said["relatedInformation"] = [
            {"location": place(cause.at), "message": visible(cause.text)} for cause in diagnostic.because
        ]
    if diagnostic.rule == PROBLEM and diagnostic.message.startswith(_UNUSED):
        said["tags"] = [UNNECESSARY]
    if diagnostic.fix is not None:
        changes: dict[str, list[dict[str, Any]]] = {}
        for edit in sorted(diagnostic.fix.edits):
            where = place(edit.at)
            changes.setdefault(where["uri"], []).append({"range": where["range"], "newText": edit.text})
        said["data"] = {"title": diagnostic.fix.title, "safe": diagnostic.fix.safe, "changes": changes}
    return said


def _position(source: Source | None, offset: int) -> dict[str, int]:
    """Columns in UTF-16 code units, which is what clients count that did not agree on something else."""
    if source is None:
        return {"line": 0, "character": 0}
    offset = min(offset, len(source.text))
    return {"line": bisect_right(source.starts, offset) - 1, "character": source.utf16_column(offset)}
