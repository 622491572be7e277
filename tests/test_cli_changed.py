"""`dtlint check --changed`: what git has staged is judged, as it is staged, and what is gone is missed."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from dtlint.cli import main

ENV, WRONG = "export PROCS=4\n", "export PROCS=8\n"
JOB = """\
#!/bin/bash
#SBATCH --nodes=1
#SBATCH --gpus-per-node=4
source env.sh
srun torchrun --nproc_per_node=$PROCS train.py
"""
SAYS = "8 processes on each node, but it has 4 GPUs"

Changed = Callable[..., str]


@pytest.fixture
def changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Changed:
    """Runs the command in a repository with a sound job, committed; gives what it prints, if it ends as it should."""
    for name in (
        "GIT_DIR",
        "GIT_WORK_TREE",
        "GIT_INDEX_FILE",
        "PRE_COMMIT",
        "PRE_COMMIT_FROM_REF",
        "PRE_COMMIT_TO_REF",
    ):
        monkeypatch.delenv(name, raising=False)
    for who in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{who}_NAME", "dtlint")
        monkeypatch.setenv(f"GIT_{who}_EMAIL", "dtlint@example.org")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.chdir(tmp_path)
    written({"job.sbatch": JOB, "env.sh": ENV, "train.py": "import torch\n"})
    git("init", "-q", "-b", "main")
    git("add", "-A")
    git("commit", "-q", "-m", "all")

    def run(*arguments: str) -> str:
        asked = () if "--since" in arguments else ("--changed",)
        monkeypatch.setattr("sys.argv", ["dtlint", "check", "--no-cache", *asked, *arguments])
        status, said = main(), capsys.readouterr().out
        assert status == (1 if said and said != "nothing found\n" else 0), said
        return said

    return run


def written(files: dict[str, str]) -> None:
    for name, text in files.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(text)


def git(*arguments: str) -> None:
    subprocess.run(("git", *arguments), check=True, capture_output=True)


def staged(files: dict[str, str]) -> None:
    written(files)
    git("add", *files)


def test_without_a_path_what_is_staged_is_in_focus(changed: Changed) -> None:
    staged({"env.sh": WRONG})
    assert SAYS in changed()


def test_nothing_staged_is_nothing_to_lint(changed: Changed) -> None:
    written({"env.sh": WRONG})
    assert changed() == ""


@pytest.mark.parametrize("paths", [(), ("env.sh",), ("./env.sh",)])
def test_a_partially_staged_file_is_judged_as_staged(changed: Changed, paths: tuple[str, ...]) -> None:
    staged({"env.sh": WRONG})
    written({"env.sh": ENV})
    assert SAYS in changed(*paths)
    staged({"env.sh": ENV + "# said\n"})
    written({"env.sh": WRONG})
    assert SAYS not in changed(*paths)


def test_what_stands_around_is_judged_as_staged_too(changed: Changed) -> None:
    staged({"job.sbatch": JOB + "# said\n"})
    written({"env.sh": WRONG})
    assert SAYS not in changed()


def test_a_staged_file_may_be_gone_from_the_disk(changed: Changed) -> None:
    staged({"env.sh": WRONG})
    Path("env.sh").unlink()
    assert SAYS in changed()
    assert SAYS in changed("env.sh")


def test_paths_that_are_not_staged_are_judged_as_they_are(changed: Changed) -> None:
    written({"env.sh": WRONG})
    assert SAYS in changed("env.sh")


def test_pre_commit_has_put_the_disk_right(changed: Changed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRE_COMMIT", "1")
    staged({"env.sh": ENV + "# said\n"})
    written({"env.sh": WRONG})
    assert SAYS in changed("env.sh")


def test_a_fix_is_of_what_is_on_disk(changed: Changed) -> None:
    staged({"job.sbatch": JOB.replace("$PROCS", "8")})
    written({"job.sbatch": JOB.replace("$PROCS", "8") + "# mine\n"})
    changed("--unsafe-fixes", "--exit-zero")
    assert Path("job.sbatch").read_text().endswith("# mine\n")


@pytest.mark.parametrize(
    ("name", "place", "text"),
    [("train.py", "job.sbatch:5:", "import torch\n"), ("env.sh", "job.sbatch:4:", ENV)],
)
def test_a_removed_file_that_a_job_needs(changed: Changed, name: str, place: str, text: str) -> None:
    git("rm", "-q", name)
    said = changed()
    assert f"{name} is removed, and this job still needs it" in said
    assert place in said
    git("reset", "-q")
    assert place in changed(name)  # gone, and not staged
    written({name: text})
    assert changed() == ""


def test_a_renamed_file_that_a_job_needs(changed: Changed) -> None:
    staged({
        "run.sh": "deepspeed --num_gpus 2 train.py --deepspeed --deepspeed_config ds.json\n",
        "ds.json": '{"train_micro_batch_size_per_gpu": 4}\n',
        "train.py": "import argparse\nimport deepspeed\n"
        "parser = deepspeed.add_config_arguments(argparse.ArgumentParser())\n"
        "args = parser.parse_args()\ndeepspeed.initialize(args=args, model=make())\n",
    })  # fmt: skip
    git("commit", "-q", "-m", "more")
    git("mv", "ds.json", "zero.json")
    said = changed()
    assert "ds.json is renamed to zero.json, and this job still needs it" in said
    assert "run.sh:1:" in said
    staged({"run.sh": Path("run.sh").read_text().replace("ds.json", "zero.json")})
    assert "renamed" not in changed()


@pytest.mark.parametrize(
    "line",
    [
        "[ -f env.sh ] && source env.sh\n",
        "if test -f env.sh; then source env.sh; fi\n",
        "source env.sh || true\n",
        "cp template.sh env.sh\nsource env.sh\n",
        "echo A=1 > env.sh\nsource env.sh\n",
        "cd $WORK\nsource env.sh\n",
        "# source env.sh\n",
    ],
)
def test_a_removed_file_that_nobody_counts_on(changed: Changed, line: str) -> None:
    written({"job.sbatch": JOB.replace("source env.sh\n", line)})
    git("commit", "-q", "-a", "-m", "more")
    git("rm", "-q", "env.sh")
    assert "is removed" not in changed()


def test_a_removed_file_that_is_put_away_for_git_alone(changed: Changed) -> None:
    git("rm", "-q", "--cached", "env.sh")
    assert "is removed" not in changed()


def test_a_file_and_its_job_go_together(changed: Changed) -> None:
    git("rm", "-q", "train.py", "job.sbatch")
    assert changed() == "nothing found\n"


def test_names_with_blanks_and_letters_of_all_kinds(changed: Changed) -> None:
    staged({"größe 模/env file.sh": WRONG})
    staged({"größe 模/job.sbatch": JOB.replace("env.sh", "'env file.sh'"), "größe 模/train.py": "import torch\n"})
    git("commit", "-q", "-m", "more")
    staged({"größe 模/env file.sh": WRONG + "# said\n"})
    written({"größe 模/env file.sh": ENV})
    assert SAYS in changed()


def test_in_a_merge_the_other_side_counts(changed: Changed) -> None:
    """They take a file away which this side has begun to need."""
    git("checkout", "-q", "-b", "theirs")
    git("rm", "-q", "env.sh", "job.sbatch")
    git("commit", "-q", "-m", "theirs")
    git("checkout", "-q", "main")
    staged({"other.sbatch": JOB})
    git("commit", "-q", "-m", "ours")
    git("merge", "-q", "--no-commit", "theirs")
    assert "other.sbatch:4:" in changed()


def test_from_a_folder_below_only_what_is_below_counts(changed: Changed, monkeypatch: pytest.MonkeyPatch) -> None:
    staged({"below/env.sh": WRONG, "below/job.sbatch": JOB, "below/train.py": "import torch\n", "env.sh": WRONG})
    written({"below/env.sh": ENV})
    monkeypatch.chdir("below")
    said = changed()
    assert said.count(SAYS) == 1
    assert "env.sh:1" in said
    assert "below" not in said


def test_before_the_first_commit_all_is_new(changed: Changed) -> None:
    git("update-ref", "-d", "HEAD")
    staged({"env.sh": WRONG})
    assert SAYS in changed()


def test_between_two_commits_what_goes_is_what_went_there(changed: Changed, monkeypatch: pytest.MonkeyPatch) -> None:
    git("rm", "-q", "train.py")
    git("commit", "-q", "-m", "without")
    for name, value in (("PRE_COMMIT", "1"), ("PRE_COMMIT_FROM_REF", "HEAD~1"), ("PRE_COMMIT_TO_REF", "HEAD")):
        monkeypatch.setenv(name, value)
    assert "train.py is removed" in changed()


def test_since_a_commit(changed: Changed) -> None:
    """What the branch changed counts, and not what came to the other one meanwhile."""
    git("checkout", "-q", "-b", "branch")
    git("rm", "-q", "train.py")
    git("commit", "-q", "-m", "without")
    git("checkout", "-q", "main")
    staged(
        {"unrelated.sbatch": JOB.replace("$PROCS", "8").replace("train.py", "other.py"), "other.py": "import torch\n"}
    )
    git("commit", "-q", "-m", "meanwhile")
    git("checkout", "-q", "branch")
    said = changed("--since", "main")
    assert "train.py is removed" in said
    assert SAYS not in said


@pytest.mark.parametrize("arguments", [("--since", "nowhere"), ("--since", "main", "train.py")])
def test_a_commit_that_is_not_there_is_wrong_use(
    changed: Changed, arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["dtlint", "check", *arguments])
    assert main() == 2


def test_git_that_fails_is_no_success(changed: Changed, monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".git/HEAD").write_text("damaged")
    monkeypatch.setattr("sys.argv", ["dtlint", "check", "--changed"])
    assert main() == 2
