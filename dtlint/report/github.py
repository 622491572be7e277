"""Workflow commands, which GitHub shows as annotations beside the lines of a pull request.

The commands and how they are escaped: https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts.
"""

from __future__ import annotations

from dtlint.diagnostic import Diagnostic
from dtlint.report.view import View, paragraph

_COMMANDS = {"error": "error", "warning": "warning", "note": "notice"}


def render(view: View) -> str:
    return "".join(f"{_command(view, diagnostic)}\n" for diagnostic in view.shown)


def _command(view: View, diagnostic: Diagnostic) -> str:
    start, end = view.start(diagnostic.at), view.end(diagnostic.at)
    properties = {
        "file": view.path(diagnostic.at.path),
        "line": start.line,
        "col": start.column,
        "endLine": end.line,
        "endColumn": end.column,
        "title": f"dtlint: {diagnostic.rule}",
    }
    shown = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items())
    return f"::{_COMMANDS[diagnostic.severity.value]} {shown}::{_data(paragraph(view, diagnostic))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
