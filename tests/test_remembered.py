"""The report that is put away for the next start: the same as a fresh one, and gone as soon as anything changes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from reports import CARD

from dtlint import catalog
from dtlint.engine import lint
from dtlint.outcome import Report

BROKEN = "torchrun --nproc_per_node=2 --master_port=123456 train.py\n"
SOUND = "torchrun --nproc_per_node=2 --master_port=29501 train.py\n"

HEAVY = {"dtlint.judged", "dtlint.run.jobs", "dtlint.read.shell", "dtlint.facts.shell", "yaml"}
"""What only a start that judges needs."""


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One broken job, in a folder that a report is remembered for."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "workspace"
    folder.mkdir()
    (folder / "run.sh").write_text("source env.sh\n" + BROKEN)
    (folder / "env.sh").write_text("export A=1\n")
    (folder / ".gitignore").write_text("env.sh\n")
    return folder


def test_a_file_that_git_ignores_comes(workspace: Path) -> None:
    (workspace / "run.sh").write_text("source env.sh\ntorchrun --nproc_per_node=2 --master_port=$PORT train.py\n")
    (workspace / "other.sh").write_text("torchrun --nproc_per_node=2 other.py\n")
    for others in ((), ("other.sh",)):
        (workspace / "env.sh").unlink()
        assert found(workspace) == set()
        (workspace / "env.sh").write_text("export PORT=123456\n")
        # With another text beside it, the verdict on the job alone is what may be remembered.
        for name in others:
            (workspace / name).write_text("torchrun --nproc_per_node=4 other.py\n")
        assert found(workspace) == {"port-out-of-range"}


def found(folder: Path, focus: tuple[str, ...] = ()) -> set[str]:
    return {diagnostic.rule for diagnostic in lint([folder], focus=focus).shown()}


def said(folder: Path, *arguments: str) -> str:
    """What `dtlint check` prints."""
    done = subprocess.run(
        [sys.executable, "-m", "dtlint", "check", *arguments], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1, done.stderr
    return done.stdout


def imported(folder: Path) -> set[str]:
    script = "import sys\nfrom dtlint.engine import lint\nlint(['.'])\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], cwd=folder, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize("form", ["text", "json", "sarif", "github", "gitlab", "junit"])
def test_a_second_start_says_the_same(workspace: Path, form: str) -> None:
    assert said(workspace, "--format", form) == said(workspace, "--format", form)


def test_a_second_start_judges_nothing(workspace: Path) -> None:
    assert imported(workspace) >= HEAVY - {"yaml"}
    assert not imported(workspace) & HEAVY


def _edit(folder: Path) -> None:
    (folder / "run.sh").write_text(SOUND)


def _edit_what_git_ignores(folder: Path) -> None:
    (folder / "env.sh").write_text("exit\n")


def _remove(folder: Path) -> None:
    (folder / "run.sh").unlink()


def _configure(folder: Path) -> None:
    (folder / "dtlint.toml").write_text('ignore = ["port-out-of-range"]\n')


@pytest.mark.parametrize("change", [_edit, _edit_what_git_ignores, _remove, _configure])
def test_a_change_is_seen(workspace: Path, change: Callable[[Path], None]) -> None:
    assert found(workspace) == found(workspace) == {"port-out-of-range"}
    change(workspace)
    assert found(workspace) == set()


def test_a_new_file_is_seen(workspace: Path) -> None:
    (workspace / "run.sh").write_text(SOUND)
    assert found(workspace) == found(workspace) == set()
    (workspace / "other.sh").write_text(BROKEN)
    assert found(workspace) == {"port-out-of-range"}


def test_a_rule_of_the_site_that_changes_is_asked_again(workspace: Path) -> None:
    folder = workspace / catalog.SITE_FOLDER / "launch"
    folder.mkdir(parents=True)
    (folder / "site_rule.md").write_text(CARD)
    check = folder / "site_rule.py"
    sound = "from dtlint.job.launch import Launch\n\n\ndef check(launch: Launch):\n    return []\n"
    check.write_text(sound)
    assert not lint([workspace]).problems
    check.write_text(sound + "\n\nwrong = 1 / 0\n")
    assert [problem.at.path for problem in lint([workspace]).problems] == [".dtlint/rules/launch/site_rule.py"]


def test_each_focus_has_a_report_of_its_own(workspace: Path) -> None:
    (workspace / "unrelated.sh").write_text("echo\n")
    for _ in range(2):
        assert found(workspace, ("run.sh",)) == {"port-out-of-range"}
        assert found(workspace, ("unrelated.sh",)) == set()


def test_a_damaged_entry_is_as_if_it_were_not_there(workspace: Path) -> None:
    before = lint([workspace])
    for entry in Path(os.environ["XDG_CACHE_HOME"]).rglob("*"):
        if entry.is_file():
            entry.write_bytes(b"damaged")
    assert _findings(lint([workspace])) == _findings(before)


def _findings(report: Report) -> list[str]:
    return [diagnostic.message for diagnostic in report.shown()]
