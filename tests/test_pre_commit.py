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


def sound(project: Path) -> None:
    """Mends the job, and commits it."""
    (project / "env.sh").write_text("export PROCS=4\n")
    assert run("git", "commit", "-q", "-a", "-m", "sound", cwd=project).returncode == 0


def test_a_partially_staged_file_is_judged_as_staged(project: Path, home: Path) -> None:
    sound(project)
    (project / "env.sh").write_text(ENV)
    run("git", "add", "env.sh", cwd=project)
    (project / "env.sh").write_text("export PROCS=4\n# mended, and not staged\n")
    assert "procs-exceed-gpus" in hooked(project, home, "dtlint").stdout
    assert "not staged" in (project / "env.sh").read_text()
    run("git", "reset", "-q", cwd=project)
    (project / "env.sh").write_text("export PROCS=4\n# staged\n")
    run("git", "add", "env.sh", cwd=project)
    (project / "env.sh").write_text(ENV)
    assert hooked(project, home, "dtlint").returncode == 0


def test_a_commit_that_only_deletes(project: Path, home: Path) -> None:
    sound(project)
    run("git", "rm", "-q", "train.py", cwd=project)
    done = hooked(project, home, "dtlint")
    assert done.returncode == 1
    assert "train.py is removed, and this job still needs it" in done.stdout
    assert "job.sbatch:5:" in done.stdout


def test_a_commit_that_renames(project: Path, home: Path) -> None:
    sound(project)
    run("git", "mv", "env.sh", "environment.sh", cwd=project)
    done = hooked(project, home, "dtlint")
    assert "env.sh is renamed to environment.sh" in done.stdout
    (project / "job.sbatch").write_text(JOB.replace("env.sh", "environment.sh"))
    run("git", "add", "-A", cwd=project)
    assert hooked(project, home, "dtlint").returncode == 0


def test_a_merge(project: Path, home: Path) -> None:
    """They remove a script that this side has begun to start in another way too."""
    sound(project)
    for command in ("checkout -q -b theirs", "rm -q train.py job.sbatch", "commit -q -m theirs", "checkout -q -"):
        assert run("git", *command.split(), cwd=project).returncode == 0
    (project / "other.sbatch").write_text(JOB)
    (project / "job.sbatch").write_text(JOB + "# ours\n")
    run("git", "add", "-A", cwd=project)
    run("git", "commit", "-q", "-m", "ours", cwd=project)
    assert run("git", "merge", "-q", "theirs", cwd=project).returncode == 1  # they removed what we changed
    run("git", "rm", "-q", "job.sbatch", cwd=project)
    done = hooked(project, home, "dtlint")
    assert "train.py is removed" in done.stdout
    assert "other.sbatch:5:" in done.stdout


def test_several_jobs_of_one_repository(project: Path, home: Path) -> None:
    """Only the job that the staged file takes part in is spoken of; names may hold blanks and letters of all kinds."""
    run("git", "rm", "-q", "env.sh", "job.sbatch", "train.py", cwd=project)
    for name in ("first", "second größe 模"):
        folder = project / "jobs" / name
        folder.mkdir(parents=True)
        for file, text in (("env.sh", ENV), ("job.sbatch", JOB), ("train.py", "import torch\n")):
            (folder / file).write_text(text)
    run("git", "add", "-A", cwd=project)
    run("git", "commit", "-q", "-m", "two", cwd=project)
    (project / "jobs" / "second größe 模" / "env.sh").write_text(ENV + "# changed\n")
    run("git", "add", "-A", cwd=project)
    done = hooked(project, home, "dtlint")
    assert done.stdout.count("procs-exceed-gpus") == 1
    assert "jobs/second größe 模/job.sbatch:5:" in done.stdout
    assert "jobs/first" not in done.stdout


def test_more_files_than_one_command_line_takes(project: Path, home: Path) -> None:
    many = project / "many"
    many.mkdir()
    for number in range(1200):
        (many / f"{number:04}-{'x' * 120}.txt").write_text("nothing\n")
    (project / "env.sh").write_text(ENV + "# changed\n")
    run("git", "add", "-A", cwd=project)
    assert "procs-exceed-gpus" in hooked(project, home, "dtlint").stdout
