"""`dtlint check`: options, exit statuses and where the output goes, over an engine that finds what the test says."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from reports import BROKEN, FOUND, JOB, report

import dtlint
from dtlint.cli import main
from dtlint.diagnostic import Severity
from dtlint.outcome import Report

WARNING = replace(FOUND, severity=Severity.WARNING)
NOTE = replace(FOUND, severity=Severity.NOTE)

Check = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture
def check(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Check:
    """Runs `dtlint check` in a workspace of its own; gives the exit status and what the engine was asked."""
    (tmp_path / "job.sbatch").write_text(JOB)
    (tmp_path / "sub").mkdir()
    monkeypatch.chdir(tmp_path)

    def run(found: Report | BaseException, *arguments: str, stdin: str = "") -> tuple[int, dict[str, Any]]:
        asked: dict[str, Any] = {}

        def lint(paths: Any, config: Any = None, **options: Any) -> Report:
            asked.update(options, paths=paths, config=config)
            if isinstance(found, BaseException):
                raise found
            return replace(found, root=tmp_path)

        engine = SimpleNamespace(lint=lint)
        monkeypatch.setitem(sys.modules, "dtlint.engine", engine)
        monkeypatch.setattr(dtlint, "engine", engine, raising=False)
        monkeypatch.setattr(sys, "argv", ["dtlint", "check", *arguments])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
        return main(), asked

    return run


@pytest.mark.parametrize(
    ("found", "arguments", "status"),
    [
        (report(), (), 0),
        (report(FOUND), (), 1),
        (report(WARNING), (), 1),
        (report(WARNING), ("--severity", "error"), 0),
        (report(NOTE), (), 0),
        (report(NOTE), ("--severity", "note"), 0),
        (report(problems=(BROKEN,)), (), 1),
        (report(FOUND), ("--exit-zero",), 0),
        (report(FOUND), ("--format", "sarif"), 1),
    ],
)
def test_the_exit_status_says_whether_something_grave_is_shown(
    check: Check, found: Report, arguments: tuple[str, ...], status: int
) -> None:
    assert check(found, *arguments)[0] == status


@pytest.mark.parametrize(
    "arguments",
    [
        ("no-such-folder",),
        ("--focus", "no-such-file"),
        ("--focus", "/"),
        ("--format", "pdf"),
        ("--severity", "fatal"),
        ("--write-baseline",),
        ("--baseline", "b.json", "--write-baseline", "--focus", "job.sbatch"),
        ("--baseline", "missing.json"),
        ("--output", "no/such/folder/out.txt"),
        ("--no-such-option",),
        ("--select", "no-such-rule"),
        ("--ignore", "procs-exceed-gpuss"),
    ],
)
def test_wrong_use_is_status_two_and_one_clear_line(
    check: Check, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    assert check(report(FOUND), *arguments)[0] == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "Error: " in captured.err.splitlines()[-1]
    assert "Traceback" not in captured.err


def test_without_a_path_the_current_folder_is_linted(check: Check) -> None:
    asked = check(report())[1]
    assert [Path(path).resolve() for path in asked["paths"]] == [Path.cwd()]
    assert (asked["focus"], asked["cache"]) == ([], True)


def test_rules_are_chosen_by_name_family_or_both(check: Check) -> None:
    Path("dtlint.toml").write_text('ignore = ["network"]\nexclude = ["old/"]\n')
    asked = check(report(), "--select", "procs-exceed-gpus,rendezvous", "--ignore", "data")[1]["config"]
    assert asked.select == ("procs-exceed-gpus", "rendezvous")
    assert asked.ignore == ("network", "data")
    assert asked.exclude == ("old/",)


def test_the_configuration_of_the_workspace_counts(check: Check) -> None:
    Path("dtlint.toml").write_text('select = ["data"]\n')
    assert check(report())[1]["config"].select == ("data",)
    Path("dtlint.toml").write_text("selct = []\n")
    assert check(report())[0] == 2


def test_no_cache(check: Check) -> None:
    assert check(report(), "--no-cache")[1]["cache"] is False


def test_focus_is_given_from_the_root(check: Check) -> None:
    assert check(report(), "--focus", "./sub/../job.sbatch", "--focus", "sub")[1]["focus"] == ["job.sbatch", "sub/"]


def test_changed_files_are_the_focus_and_the_folder_is_the_workspace(check: Check) -> None:
    asked = check(report(), "--changed", "job.sbatch")[1]
    assert [Path(path).resolve() for path in asked["paths"]] == [Path.cwd()]
    assert asked["focus"] == ["job.sbatch"]


def test_no_changed_files_are_nothing_to_lint(check: Check) -> None:
    assert check(report(FOUND), "--changed") == (0, {})


def test_standard_input_takes_the_place_of_a_file(check: Check) -> None:
    asked = check(report(), "--stdin-filename", "new/train.py", stdin="x = '模'\n")[1]
    assert asked["overlay"] == {"new/train.py": "x = '模'\n"}
    assert asked["focus"] == ["new/train.py"]


def test_the_report_goes_to_a_file(check: Check, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(report(FOUND), "--format", "json", "--output", "out.json")[0] == 1
    assert capsys.readouterr().out == ""
    assert json.loads(Path("out.json").read_text())["findings"][0]["rule"] == "procs-exceed-gpus"


def test_statistics_of_a_format_for_programs_go_to_standard_error(
    check: Check, capsys: pytest.CaptureFixture[str]
) -> None:
    check(report(FOUND), "--format", "gitlab", "--statistics")
    captured = capsys.readouterr()
    assert len(json.loads(captured.out)) == 1
    assert "1  procs-exceed-gpus" in captured.err


def test_a_baseline_hides_what_it_has(check: Check, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(report(FOUND), "--baseline", "b.json", "--write-baseline")[0] == 0
    assert check(report(FOUND), "--baseline", "b.json")[0] == 0
    assert capsys.readouterr().out == "nothing found, 1 suppressed\n"
    assert check(report(FOUND, FOUND), "--baseline", "b.json")[0] == 1
    assert check(report(), "--baseline", "b.json")[0] == 0
    assert "1 findings of b.json are gone" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "environment", "colored"),
    [((), {}, False), (("--color", "always"), {}, True), (("--color", "always", "--format", "json"), {}, False)],
)
def test_output_that_is_no_terminal_is_not_coloured(
    check: Check,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    environment: dict[str, str],
    colored: bool,
) -> None:
    check(report(FOUND), *arguments)
    assert ("\x1b[" in capsys.readouterr().out) is colored


@pytest.mark.parametrize(("variables", "colored"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)])
def test_a_terminal_is_coloured_unless_told_otherwise(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], colored: bool
) -> None:
    from dtlint.cli import terminal

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert terminal.colored("auto", Terminal()) is colored


def test_progress_is_for_terminals_and_long_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    from dtlint.cli import terminal

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    screen, clock = Terminal(), [0.0]
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setattr(terminal.time, "monotonic", lambda: clock[0])
    progress = terminal.Progress()
    progress("reading")
    assert screen.getvalue() == ""
    clock[0] = 1.5
    progress("judging")
    assert screen.getvalue().endswith("judging")
    progress.clear()
    assert screen.getvalue().endswith("\x1b[K")


def test_interrupting_is_quiet(check: Check, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(KeyboardInterrupt())[0] == 130
    assert "Traceback" not in capsys.readouterr().err


def test_a_failure_of_dtlint_is_no_finding(check: Check, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(RuntimeError("boom"))[0] == 70
    assert "dtlint itself failed" in capsys.readouterr().err


def test_a_wrong_configuration_is_wrong_use(check: Check, capsys: pytest.CaptureFixture[str]) -> None:
    from dtlint.config import ConfigError

    assert check(ConfigError("dtlint.toml:3: no such key: selct"))[0] == 2
    assert capsys.readouterr().err == "Error: dtlint.toml:3: no such key: selct\n"


def test_a_reader_who_goes_away_is_no_error() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    script = "import sys; sys.argv = ['dtlint', 'rules', '--coverage']; from dtlint.cli import main; sys.exit(main())"
    with os.fdopen(writing, "w") as output:
        done = subprocess.run(
            [sys.executable, "-c", script], stdout=output, stderr=subprocess.PIPE, text=True, check=False
        )
    assert (done.returncode, done.stderr) == (141, "")
