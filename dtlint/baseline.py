"""Baselines: the findings that a project has decided to live with, so that only new ones are shown."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from dtlint.diagnostic import Diagnostic
from dtlint.fingerprint import fingerprints
from dtlint.outcome import Report, Suppressed

VERSION = 1

Key = tuple[str, str, str]
"""Rule, path and fingerprint."""


class BaselineError(Exception):
    """The file is no baseline of ours; the message says why."""


def write(report: Report, diagnostics: Iterable[Diagnostic], path: Path) -> int:
    """Writes the findings among `diagnostics` as the baseline; returns how many.  Problems are never part of one."""
    accepted = [named for named in fingerprints(diagnostics, report.sources) if named[0] not in report.problems]
    entries = [
        {"rule": found.rule, "path": found.at.path, "fingerprint": name, "message": found.message}
        for found, name in accepted
    ]
    path.write_text(json.dumps({"version": VERSION, "findings": entries}, indent=1) + "\n", encoding="utf-8")
    return len(entries)


def apply(report: Report, path: Path) -> tuple[Report, int]:
    """The report without what the baseline at `path` has, and how many of its entries were not found any more.

    A rule may have been renamed since: its former names count.  Raises `BaselineError`.
    """
    names = {alias: card.id for card in report.cards.values() for alias in card.aliases}
    accepted = Counter((names.get(rule, rule), where, name) for rule, where, name in _read(path))
    suppressed: list[Suppressed] = []
    for diagnostic, name in fingerprints(report.diagnostics, report.sources):
        key = (diagnostic.rule, diagnostic.at.path, name)
        if accepted[key]:
            accepted[key] -= 1
            suppressed.append(Suppressed(diagnostic, reason=f"in the baseline {path.name}"))
    return report.without(suppressed), accepted.total()


def _read(path: Path) -> list[Key]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["version"] != VERSION:
            raise BaselineError(f"{path} is of version {content['version']}; write it anew with --write-baseline")
        return [(entry["rule"], entry["path"], entry["fingerprint"]) for entry in content["findings"]]
    except OSError as fault:
        raise BaselineError(f"{path} cannot be read: {fault.strerror}") from fault
    except (ValueError, KeyError, TypeError) as fault:
        raise BaselineError(f"{path} is no baseline of dtlint") from fault
