"""SARIF 2.1.0, for code scanning services and editors.

Section numbers are those of the OASIS standard, https://docs.oasis-open.org/sarif/sarif/v2.1.0/.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from dtlint import __version__
from dtlint.card import Card
from dtlint.diagnostic import PROBLEM, Blocked, Diagnostic
from dtlint.fingerprint import fingerprints
from dtlint.fix import Fix
from dtlint.outcome import Suppressed
from dtlint.report.view import View, sentence, visible
from dtlint.source import Span

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
ROOT = "SRCROOT"


def render(view: View) -> str:
    suppressed = [entry for entry in view.report.suppressed if entry.diagnostic.severity.rank >= view.lowest.rank]
    blocked = view.report.blocked if view.undecided else ()
    named = {*(d.rule for d in view.shown), *(s.diagnostic.rule for s in suppressed), *(b.rule for b in blocked)}
    rules = sorted(named)
    index = {rule: number for number, rule in enumerate(rules)}
    results = [_result(view, index, *named) for named in fingerprints(view.shown, view.report.sources)]
    results += [_suppressed(view, index, entry) for entry in suppressed]
    results += [_open(view, index, entry) for entry in blocked]
    run = {
        "tool": {
            "driver": {
                "name": "dtlint",
                "semanticVersion": __version__,
                "version": __version__,
                "rules": [_descriptor(rule, view.report.cards.get(rule)) for rule in rules],
            }
        },
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {ROOT: {"uri": view.report.root.as_uri().rstrip("/") + "/"}},
        "invocations": [{"executionSuccessful": True}],
        "results": results,
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=1) + "\n"


def _descriptor(rule: str, card: Card | None) -> dict[str, Any]:
    if card is None:
        said = "dtlint could not read or judge something" if rule == PROBLEM else rule
        return {"id": rule, "shortDescription": {"text": said}}
    return {
        "id": card.id,
        "shortDescription": {"text": card.title},
        "fullDescription": {"text": card.sections.get("Why", card.title)},
        "help": {"text": card.help, "markdown": card.help},
        "defaultConfiguration": {"level": card.severity.value},
        "properties": {"tags": [card.family, *card.symptoms]},
        **({"deprecatedIds": list(card.aliases)} if card.aliases else {}),
    }


def _result(view: View, index: dict[str, int], diagnostic: Diagnostic, fingerprint: str) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": diagnostic.rule,
        "ruleIndex": index[diagnostic.rule],
        "level": diagnostic.severity.value,
        "message": {"text": "\n".join(filter(None, (sentence(diagnostic), visible(diagnostic.help))))},
        "locations": [_location(view, diagnostic.at)],
    }
    if fingerprint:
        result["partialFingerprints"] = {"dtlint/v1": fingerprint}
    if diagnostic.because:
        result["relatedLocations"] = [
            {"id": number, **_location(view, cause.at), "message": {"text": cause.text}}
            for number, cause in enumerate(diagnostic.because, 1)
        ]
    if diagnostic.fix:
        result["fixes"] = [_fix(view, diagnostic.fix)]
    return result


def _suppressed(view: View, index: dict[str, int], entry: Suppressed) -> dict[str, Any]:
    suppression: dict[str, Any] = {"kind": "inSource" if entry.at else "external"}
    if entry.reason:
        suppression["justification"] = entry.reason
    if entry.at:
        suppression["location"] = _location(view, entry.at)
    return {**_result(view, index, entry.diagnostic, ""), "suppressions": [suppression]}


def _open(view: View, index: dict[str, int], blocked: Blocked) -> dict[str, Any]:
    """A rule that could not decide: of kind open, whose level must be none (3.27.9, 3.27.10)."""
    return {
        "ruleId": blocked.rule,
        "ruleIndex": index[blocked.rule],
        "kind": "open",
        "level": "none",
        "message": {"text": f"undecided: {', '.join(blocked.unknowns) or 'not enough is known'}"},
        "locations": [_location(view, blocked.at)],
    }


def _location(view: View, span: Span) -> dict[str, Any]:
    return {"physicalLocation": {"artifactLocation": _artifact(span.path), "region": _region(view, span)}}


def _artifact(path: str) -> dict[str, str]:
    return {"uri": quote(path, errors="surrogateescape"), "uriBaseId": ROOT}


def _region(view: View, span: Span) -> dict[str, int]:
    start, end = view.start(span), view.end(span)
    return {
        "startLine": start.line,
        "startColumn": start.column,
        "endLine": end.line,
        "endColumn": end.column,
    }


def _fix(view: View, fix: Fix) -> dict[str, Any]:
    changes: dict[str, list[dict[str, Any]]] = {}
    for edit in sorted(fix.edits):
        replacement = {"deletedRegion": _region(view, edit.at), "insertedContent": {"text": edit.text}}
        changes.setdefault(edit.at.path, []).append(replacement)
    return {
        "description": {"text": fix.title},
        "artifactChanges": [
            {"artifactLocation": _artifact(path), "replacements": replacements}
            for path, replacements in changes.items()
        ],
    }
