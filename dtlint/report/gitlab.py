"""GitLab's code quality report: https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format."""

from __future__ import annotations

import json
from hashlib import blake2b

from dtlint.fingerprint import fingerprints
from dtlint.report.view import View, paragraph

_SEVERITIES = {"error": "major", "warning": "minor", "note": "info"}


def render(view: View) -> str:
    entries = []
    for diagnostic, fingerprint in fingerprints(view.shown, view.report.sources):
        path = view.path(diagnostic.at.path)
        start, end = view.start(diagnostic.at), view.end(diagnostic.at)
        entries.append(
            {
                "description": paragraph(view, diagnostic),
                "check_name": diagnostic.rule,
                "fingerprint": blake2b(
                    f"{diagnostic.rule}\0{path}\0{fingerprint}".encode("utf-8", "surrogateescape"), digest_size=16
                ).hexdigest(),
                "severity": _SEVERITIES[diagnostic.severity.value],
                "location": {
                    "path": path,
                    "positions": {
                        "begin": {"line": start.line, "column": start.column},
                        "end": {"line": end.line, "column": end.column},
                    },
                },
            }
        )
    return json.dumps(entries, indent=1) + "\n"
