"""Several projects in one repository: each decides on its own files, and a job may still reach over them."""

from __future__ import annotations

from pathlib import Path

import pytest

from dtlint.engine import lint
from dtlint.outcome import Report

JOB = """\
#!/bin/bash
#SBATCH --nodes=1
#SBATCH --gpus-per-node=4
srun torchrun --nproc_per_node=8 --master_port=70000 train.py
"""
FOUND = {"procs-exceed-gpus", "port-out-of-range"}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Two projects with the same broken job."""
    for name in ("first", "second"):
        (tmp_path / name / "jobs").mkdir(parents=True)
        (tmp_path / name / "jobs" / "job.sbatch").write_text(JOB)
        (tmp_path / name / "jobs" / "train.py").write_text("import torch\n")
    return tmp_path


def found(report: Report, folder: str) -> set[str]:
    return {diagnostic.rule for diagnostic in report.shown() if diagnostic.at.path.startswith(f"{folder}/")}


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ('ignore = ["procs-exceed-gpus"]', {"port-out-of-range"}),
        ('select = ["procs-exceed-gpus"]', {"procs-exceed-gpus"}),
        ('[severities]\nport-out-of-range = "off"', {"procs-exceed-gpus"}),
        ('[severities]\nport-out-of-range = "note"', {"procs-exceed-gpus"}),
        ('[per-path-ignores]\n"jobs/*.sbatch" = ["port-out-of-range"]', {"procs-exceed-gpus"}),
        ('[per-path-ignores]\n"second/jobs/*.sbatch" = ["port-out-of-range"]', FOUND),
        ('exclude = ["jobs"]', set()),
        ('include = ["*.md"]', set()),
        ("", FOUND),
    ],
)
def test_a_project_decides_on_its_own_files_alone(repository: Path, text: str, left: set[str]) -> None:
    (repository / "second" / "dtlint.toml").write_text(text + "\n")
    report = lint([repository], cache=False)
    assert (found(report, "first"), found(report, "second")) == (FOUND, left)
    assert not report.problems


def test_its_pyproject_counts_and_others_do_not(repository: Path) -> None:
    (repository / "first" / "pyproject.toml").write_text("[project]\nname = 'dtlint-jobs'\n")
    (repository / "second" / "pyproject.toml").write_text("[tool.dtlint]\nignore = ['procs-exceed-gpus']\n")
    report = lint([repository], cache=False)
    assert (found(report, "first"), found(report, "second")) == (FOUND, {"port-out-of-range"})
    assert {entry.reason for entry in report.suppressed} == {"second/pyproject.toml"}


def test_the_nearest_counts(repository: Path) -> None:
    (repository / "dtlint.toml").write_text("[severities]\nport-out-of-range = 'warning'\n")
    (repository / "second" / "dtlint.toml").write_text("ignore = ['port-out-of-range']\n")
    (repository / "second" / "jobs" / "dtlint.toml").write_text("ignore = ['procs-exceed-gpus']\n")
    assert found(lint([repository], cache=False), "second") == {"port-out-of-range"}


def test_what_the_repository_says_of_the_machines_is_not_held_against_a_project(repository: Path) -> None:
    (repository / "dtlint.toml").write_text("[cluster]\ngpus-per-node = 4\n")
    for name in ("first", "second"):
        job = repository / name / "jobs" / "job.sbatch"
        job.write_text(JOB.replace("#SBATCH --gpus-per-node=4\n", ""))
    (repository / "second" / "dtlint.toml").write_text("[cluster]\ngpus-per-node = 8\n")
    report = lint([repository], cache=False)
    assert (found(report, "first"), found(report, "second")) == (FOUND, {"port-out-of-range"})


def test_a_job_of_the_repository_may_start_what_stands_in_a_project(repository: Path) -> None:
    """The finding is in the repository's own file, so the project's wishes do not count."""
    (repository / "second" / "dtlint.toml").write_text("ignore = ['port-out-of-range', 'procs-exceed-gpus']\n")
    (repository / "launch.sh").write_text("torchrun --nproc_per_node=2 --master_port=70000 second/jobs/train.py\n")
    report = lint([repository], cache=False)
    assert found(report, "second") == set()
    assert [d.rule for d in report.shown() if d.at.path == "launch.sh"] == ["port-out-of-range"]


def test_a_wrong_configuration_is_said_and_left_out(repository: Path) -> None:
    (repository / "second" / "dtlint.toml").write_text("ignored = ['procs-exceed-gpus']\n")
    report = lint([repository], cache=False)
    assert found(report, "second") == {*FOUND, "problem"}
    assert "unknown key `ignored`" in report.problems[0].message


def test_a_finding_shows_what_the_configuration_says_of_the_machines(repository: Path) -> None:
    (repository / "dtlint.toml").write_text("[cluster]\ngpus-per-node = 4\n")
    (repository / "first" / "jobs" / "job.sbatch").write_text("srun torchrun --nproc_per_node=8 train.py\n")
    report = lint([repository / "first"], cache=False)
    (cause,) = report.diagnostics[0].because
    source = report.sources(cause.at.path)
    assert source is not None
    assert (cause.text, cause.at.path, source.position(cause.at.start).line) == (
        "gpus-per-node=4",
        "../dtlint.toml",
        2,
    )
