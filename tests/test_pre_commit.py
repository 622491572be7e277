"""The hooks, with the real pre-commit on a real git repository."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TOP = Path(__file__).parent.parent

OFFLINE = re.compile(
    r"No matching distribution found|Temporary failure in name resolution|Max retries exceeded|timed out"
)

ENV = "export PROCS=8\n"
JOB = """\
#!/bin/bash
#SBATCH --nodes=1
#SBATCH --gpus-per-node=4
source env.sh
srun torchrun --nproc_per_node=$PROCS train.py
"""


def run(*command: str, cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    identity = {f"GIT_{who}_{what}": "dtlint" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    environment = {**os.environ, **identity, "GIT_CONFIG_GLOBAL": os.devnull, **variables}
    # git exports these to what it runs, such as a hook that runs these tests.
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        environment.pop(name, None)
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)


def committed(folder: Path) -> str:
    """A new repository of all that is in `folder`; returns its commit."""
    for command in (("init", "-q"), ("add", "-A"), ("commit", "-q", "-m", "all")):
        done = run("git", *command, cwd=folder)
        assert done.returncode == 0, done.stderr
    return run("git", "rev-parse", "HEAD", cwd=folder).stdout.strip()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pre-commit")


@pytest.fixture(scope="module")
def hooks(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A repository with dtlint as it stands here, committed or not, and its commit."""
    folder = tmp_path_factory.mktemp("dtlint")
    listed = run("git", "ls-files", "-co", "--exclude-standard", "-z", "--", "dtlint", "rules", "*.toml", "*.md",
                 "LICENSE", ".pre-commit-hooks.yaml", cwd=TOP)  # fmt: skip
    for name in filter(None, listed.stdout.split("\0")):
        if (TOP / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(TOP / name, folder / name)
    return folder, committed(folder)


@pytest.fixture
def project(tmp_path: Path, hooks: tuple[Path, str]) -> Path:
    """A project with a broken job, all of it committed, that uses both hooks."""
    repository, commit = hooks
    (tmp_path / ".pre-commit-config.yaml").write_text(
        f"repos:\n- repo: {repository}\n  rev: {commit}\n  hooks:\n  - id: dtlint\n  - id: dtlint-all\n"
    )
    (tmp_path / "env.sh").write_text(ENV)
    (tmp_path / "job.sbatch").write_text(JOB)
    (tmp_path / "train.py").write_text("import torch\n")
    (tmp_path / "unrelated.sh").write_text("echo hello\n")
    committed(tmp_path)
    return tmp_path


def hooked(project: Path, home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    done = run(sys.executable, "-m", "pre_commit", "run", *arguments, cwd=project, PRE_COMMIT_HOME=str(home),
               PIP_CONSTRAINT=str(TOP / "constraints.txt"))  # fmt: skip
    if done.returncode == 3 and OFFLINE.search(done.stdout):
        pytest.skip("pip cannot reach a package registry, which pre-commit needs to install the hook")
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return done


def test_a_staged_file_brings_what_it_takes_part_in(project: Path, home: Path) -> None:
    """The finding stands in job.sbatch, which is not staged; env.sh, which led to it, is."""
    (project / "env.sh").write_text(ENV + "# changed\n")
    run("git", "add", "env.sh", cwd=project)
    done = hooked(project, home, "dtlint")
    assert done.returncode == 1
    assert "procs-exceed-gpus" in done.stdout
    assert "job.sbatch:5:" in done.stdout


def test_an_unrelated_file_brings_nothing(project: Path, home: Path) -> None:
    (project / "unrelated.sh").write_text("echo goodbye\n")
    run("git", "add", "unrelated.sh", cwd=project)
    assert hooked(project, home, "dtlint").returncode == 0


def test_the_other_hook_reports_everything(project: Path, home: Path) -> None:
    done = hooked(project, home, "dtlint-all", "--all-files")
    assert done.returncode == 1
    assert "procs-exceed-gpus" in done.stdout
