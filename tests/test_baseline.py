"""Baselines: only new findings are shown."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from reports import BROKEN, CARD, FOUND, JOB, card, report

from dtlint import baseline
from dtlint.outcome import Report
from dtlint.source import Span

MOVED = "# a new line\n" + JOB


def moved() -> Report:
    at = Span("job.sbatch", FOUND.at.start + 13, FOUND.at.end + 13)
    return report(replace(FOUND, at=at, because=()), texts={"job.sbatch": MOVED})


def test_what_was_accepted_is_suppressed_also_when_it_moved(tmp_path: Path) -> None:
    path = tmp_path / "baseline.json"
    assert baseline.write(report(FOUND), [FOUND], path) == 1
    after, gone = baseline.apply(moved(), path)
    assert (after.diagnostics, len(after.suppressed), gone) == ((), 1, 0)


def test_one_more_of_the_same_line_is_new(tmp_path: Path) -> None:
    path = tmp_path / "baseline.json"
    baseline.write(report(FOUND), [FOUND], path)
    after, _ = baseline.apply(report(FOUND, FOUND), path)
    assert (len(after.diagnostics), len(after.suppressed)) == (1, 1)


def test_mended_findings_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "baseline.json"
    baseline.write(report(FOUND), [FOUND], path)
    assert baseline.apply(report(), path)[1] == 1


def test_a_renamed_rule_keeps_its_entries(tmp_path: Path) -> None:
    path = tmp_path / "baseline.json"
    baseline.write(report(FOUND), [FOUND], path)
    renamed = card(CARD.replace("too-many-procs", "procs-exceed-gpus"), "rules/launch/more_procs_than_gpus.md")
    now = replace(report(replace(FOUND, rule=renamed.id)), cards={renamed.id: renamed})
    assert baseline.apply(now, path)[0].diagnostics == ()


def test_problems_are_never_accepted(tmp_path: Path) -> None:
    path = tmp_path / "baseline.json"
    found = report(FOUND, problems=(BROKEN,))
    assert baseline.write(found, found.shown(), path) == 1
    assert baseline.apply(found, path)[0].problems == (BROKEN,)


@pytest.mark.parametrize(
    "text", ["", "[]", '{"version": 1}', '{"version": 99, "findings": []}', '{"version": 1, "findings": [3]}']
)
def test_another_file_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "baseline.json"
    path.write_text(text)
    with pytest.raises(baseline.BaselineError):
        baseline.apply(report(FOUND), path)
