"""JUnit XML, for CI systems that only know tests: each finding is a failed test."""

from __future__ import annotations

from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

from dtlint.diagnostic import Diagnostic
from dtlint.report.view import View, paragraph, sentence, visible


def render(view: View) -> str:
    cases = [case for diagnostic in view.shown for case in _case(view, diagnostic)]
    count = len(view.shown)
    if not cases:
        cases = ['    <testcase name="nothing found" classname="dtlint"/>']
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        "<testsuites>",
        f'  <testsuite name="dtlint" tests="{max(count, 1)}" failures="{count}" errors="0">',
        *cases,
        "  </testsuite>",
        "</testsuites>",
    ]
    return "\n".join(lines) + "\n"


def _case(view: View, diagnostic: Diagnostic) -> Iterator[str]:
    path = visible(view.path(diagnostic.at.path))
    start = view.start(diagnostic.at)
    name = f"{diagnostic.rule} {path}:{start.line}:{start.column}"
    yield f"    <testcase name={quoteattr(name)} classname={quoteattr(path)}>"
    kind = quoteattr(diagnostic.severity.value)
    detail = escape(paragraph(view, diagnostic))
    yield f"      <failure message={quoteattr(sentence(diagnostic))} type={kind}>{detail}</failure>"
    yield "    </testcase>"
