"""The report for people."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reports import BROKEN, FOUND, JOB, report, span

from dtlint.diagnostic import Blocked, Cause, Diagnostic, Severity
from dtlint.outcome import Suppressed
from dtlint.report import View, render
from dtlint.report.text import WIDTH, columns, window
from dtlint.source import Span


def shown(*diagnostics: Diagnostic, **texts: str) -> list[str]:
    """The lines for diagnostics in files named after the keywords, without the summary."""
    named = {name.replace("_", "."): text for name, text in texts.items()} or None
    return render("text", View(report(*diagnostics, texts=named))).splitlines()[:-2]


def test_a_finding_reads_as_the_design_shows_it() -> None:
    assert shown(FOUND) == [
        "error[procs-exceed-gpus]: 8 processes on each node, but it has 4 GPUs",
        "  --> job.sbatch:6:15",
        "   |",
        " 6 | srun torchrun --nproc_per_node=$PROCS train.py",
        "   |               ^^^^^^^^^^^^^^^^^^^^^^^",
        "   = because: PROCS=8             env.sh:2",
        "   = because: --gpus-per-node=4   job.sbatch:3",
        "   = help: start 4 processes per node",
    ]


def test_the_gutter_is_as_wide_as_the_line_number() -> None:
    text = "\n" * 99 + "torchrun"
    lines = shown(replace(FOUND, at=Span("a.sh", 99, 107), because=()), a_sh=text)
    assert lines[1:5] == ["    --> a.sh:100:1", "     |", " 100 | torchrun", "     | ^^^^^^^^"]
    assert lines[5].index("=") == lines[2].index("|")


def test_a_place_in_a_file_without_text_is_its_path() -> None:
    assert shown(BROKEN) == ["warning[problem]: is no JSON", "  --> ds.json"]


def test_what_it_presumes_is_said() -> None:
    assert "   = presumed: two hosts or more" in shown(replace(FOUND, presumed=("two hosts or more",)))


def test_a_span_over_several_lines_is_underlined_on_its_first() -> None:
    text = "a \\\n  bc\n"
    assert shown(Diagnostic("r", Severity.ERROR, "m", Span("a.sh", 0, 7)), a_sh=text)[3:] == [" 1 | a \\", "   | ^^^"]


def test_an_empty_span_is_one_caret() -> None:
    assert shown(Diagnostic("r", Severity.ERROR, "m", Span("a.sh", 3, 3)), a_sh="abc")[3:] == [" 1 | abc", "   |    ^"]


def test_tabs_and_wide_characters_keep_the_caret_below_its_text() -> None:
    text = "\t模型 x"
    lines = shown(Diagnostic("r", Severity.ERROR, "m", Span("a.sh", 4, 5)), a_sh=text)
    assert lines[3] == " 1 |     模型 x"
    assert columns(lines[4]) - 1 == columns(lines[3][: lines[3].index("x")])


def test_of_a_long_line_the_part_around_the_finding_is_shown() -> None:
    text = "x" * 5000 + "HERE" + "y" * 5000
    lines = shown(Diagnostic("r", Severity.ERROR, "m", Span("a.json", 5000, 5004)), a_json=text)
    line, carets = lines[3][5:], lines[4][5:]
    assert len(line) <= WIDTH
    assert (line[0], line[-1]) == ("…", "…")
    assert line[carets.index("^") : carets.rindex("^") + 1] == "HERE"


@given(st.text(alphabet="ab\t模e\u0301", max_size=400), st.data())
def test_the_window_always_points_at_the_finding(line: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(line)))
    end = data.draw(st.integers(start, len(line)))
    text, before, marked = window(line, start, end)
    assert columns(text) <= max(WIDTH, columns(line.expandtabs(4)) if "…" not in text else WIDTH)
    assert marked >= 1
    if end > start and unicodedata.combining(line[start]) == 0 and line[start] != "\t":
        under = next(char for at, char in enumerate(text) if columns(text[:at]) == before and columns(char))
        assert under == line[start]


def test_nothing_from_a_file_commands_the_terminal() -> None:
    text = "a\x1b]0;owned\x07 b\u202e c\n"
    hostile = Diagnostic("r", Severity.ERROR, "m\x1b[2J", Span("a.sh", 0, 1), (Cause("\x9b31m", Span("a.sh", 0, 1)),))
    output = render("text", View(report(hostile, texts={"a.sh": text})))
    assert all(char.isprintable() or char == "\n" for char in output)


def test_colours_only_when_asked_for() -> None:
    assert "\x1b" not in render("text", View(report(FOUND)))
    assert "\x1b[1;31merror[procs-exceed-gpus]\x1b[0m" in render("text", View(report(FOUND), color=True))


def test_notes_are_off_by_default() -> None:
    note = replace(FOUND, severity=Severity.NOTE)
    assert render("text", View(report(note))) == "nothing found\n"
    assert "note[procs-exceed-gpus]" in render("text", View(report(note), Severity.NOTE))


def test_the_summary_counts() -> None:
    warning = replace(FOUND, severity=Severity.WARNING, at=Span("env.sh", 0, 1))
    lines = render("text", View(report(FOUND, FOUND, warning, suppressed=(Suppressed(FOUND),)))).splitlines()
    counts = "2 errors, 1 warning in 2 files, 1 suppressed"
    assert lines[-1] == f"{counts}; `dtlint explain RULE` tells more, --unsafe-fixes mends 3"


@pytest.mark.parametrize(
    ("base", "path"),
    [
        ("/work space/job", "job.sbatch"),
        ("/work space", "job/job.sbatch"),
        ("/work space/job/deep", "../job.sbatch"),
        ("/elsewhere", "/work space/job/job.sbatch"),
    ],
)
def test_paths_are_those_of_the_person_who_asked(base: str, path: str) -> None:
    assert f"  --> {path}:6:15" in render("text", View(report(FOUND), base=Path(base)))


def test_what_stayed_undecided_names_the_unknowns() -> None:
    blocked = Blocked("procs-exceed-gpus", span("job.sbatch", JOB, "torchrun"), ("$PROCS",))
    assert "undecided" not in render("text", View(report(blocked=(blocked,))))
    output = render("text", View(report(blocked=(blocked,)), undecided=True))
    assert output.startswith("undecided[procs-exceed-gpus]: not known: $PROCS\n  --> job.sbatch:6:6\n")


def test_statistics_count_by_rule() -> None:
    lines = render("text", View(report(FOUND, FOUND), statistics=True)).splitlines()
    assert [line.split() for line in lines[-3:]] == [["2", "procs-exceed-gpus"], ["2", "files"], ["0.250", "seconds"]]
