"""For scripts: everything that is known about each finding, with places as people count them."""

from __future__ import annotations

import json
from typing import Any

from dtlint.diagnostic import Diagnostic
from dtlint.fingerprint import fingerprints
from dtlint.report.view import View
from dtlint.source import Span

VERSION = 1
"""Raised when a field changes its meaning or goes away."""


def render(view: View) -> str:
    content: dict[str, Any] = {
        "version": VERSION,
        "findings": [_finding(view, *named) for named in fingerprints(view.shown, view.report.sources)],
        "suppressed": [
            {**_finding(view, entry.diagnostic, ""), "reason": entry.reason} for entry in view.report.suppressed
        ],
    }
    if view.undecided:
        content["undecided"] = [
            {"rule": blocked.rule, "at": _place(view, blocked.at), "unknown": list(blocked.unknowns)}
            for blocked in view.report.blocked
        ]
    if view.statistics:
        content["statistics"] = dict(view.report.statistics)
    return json.dumps(content, indent=2) + "\n"


def _finding(view: View, diagnostic: Diagnostic, fingerprint: str) -> dict[str, Any]:
    finding: dict[str, Any] = {
        "rule": diagnostic.rule,
        "severity": diagnostic.severity.value,
        "message": diagnostic.message,
        "at": _place(view, diagnostic.at),
        "because": [{"text": cause.text, "at": _place(view, cause.at)} for cause in diagnostic.because],
        "presumed": list(diagnostic.presumed),
        "help": diagnostic.help,
    }
    if fingerprint:
        finding["fingerprint"] = fingerprint
    if diagnostic.fix:
        finding["fix"] = {
            "title": diagnostic.fix.title,
            "safe": diagnostic.fix.safe,
            "edits": [{"at": _place(view, edit.at), "text": edit.text} for edit in diagnostic.fix.edits],
        }
    return finding


def _place(view: View, span: Span) -> dict[str, Any]:
    start, end = view.start(span), view.end(span)
    return {
        "path": view.path(span.path),
        "line": start.line,
        "column": start.column,
        "end_line": end.line,
        "end_column": end.column,
    }
