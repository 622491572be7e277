"""`dtlint check --command` and `dtlint preflight`: a command line that stands in no file."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from dtlint.cli import main

TRAIN = "import torch.distributed as dist\ndist.init_process_group('gloo')\n"
WRONG = "torchrun --nnodes=2 --nproc_per_node=2 --node_rank=$RANK_OF_NODE --master_addr=localhost train.py"

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    (tmp_path / "train.py").write_text(TRAIN)
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["dtlint", *arguments])
        status = main()
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


def test_a_command_line_is_linted_as_if_it_stood_in_a_file(run: Run) -> None:
    status, out, _ = run("check", "--command", WRONG)
    assert status == 1
    assert "error[master-address-loopback]" in out
    assert f"--> <command>:1:{WRONG.index('--master_addr') + 1}" in out


def test_a_command_line_that_is_right_is_silent(run: Run) -> None:
    assert run("check", "--command", "torchrun --nproc_per_node=2 train.py")[0] == 0


def test_only_the_command_is_judged(run: Run) -> None:
    Path("run.sh").write_text(WRONG)
    assert run("check")[0] == 1
    assert run("check", "--command", "torchrun --nproc_per_node=2 train.py")[0] == 0


def test_scripts_that_the_command_starts_are_followed(run: Run) -> None:
    Path("run.sh").write_text(WRONG)
    status, out, _ = run("check", "--command", "bash run.sh")
    assert status == 1
    assert "--> run.sh:1:" in out


def test_suppressions_of_other_jobs_are_not_unused(run: Run) -> None:
    Path("train.py").write_text(TRAIN + "x = 1  # dtlint: ignore[sampler-epoch-never-set] elsewhere\n")
    assert run("check", "--command", "torchrun --nproc_per_node=2 train.py")[0] == 0


@pytest.mark.parametrize("more", [("train.py",), ("--focus", "train.py"), ("--stdin-filename", "a.sh")])
def test_a_command_stands_alone(run: Run, more: tuple[str, ...]) -> None:
    assert run("check", "--command", "torchrun train.py", *more)[0] == 2


def test_preflight_starts_nothing_that_an_error_stands_against(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "execvp", lambda *_: pytest.fail("started"))
    status, out, err = run("preflight", "--", *WRONG.split())
    assert (status, out) == (1, "")
    assert "error[master-address-loopback]" in err
    assert err.endswith("not started\n")


def test_preflight_becomes_the_command(run: Run) -> None:
    code = "import os, sys; print(os.getpid()); sys.exit(7)"
    command = [sys.executable, "-m", "dtlint", "preflight", "--", sys.executable, "-c", code]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.read() == f"{process.pid}\n"
    assert process.returncode == 7


def test_a_dry_run_starts_nothing(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "execvp", lambda *_: pytest.fail("started"))
    assert run("preflight", "--dry-run", "--", "torchrun", "--nproc_per_node=2", "train.py")[0] == 0


def test_a_command_that_is_not_there_is_said(run: Run) -> None:
    status, _, err = run("preflight", "--", "no-such-command-anywhere")
    assert status == 2
    assert "no-such-command-anywhere cannot be started" in err


def test_preflight_knows_the_environment(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    line = "torchrun --nnodes=2 --node_rank=1 --nproc_per_node=1 --master_addr=$HEAD --master_port=29500 train.py"
    assert run("check", "--command", line)[0] == 0
    monkeypatch.setenv("HEAD", "10.0.0.1")
    assert run("preflight", "--dry-run", "--", "bash", "-c", line)[0] == 0
    monkeypatch.setenv("HEAD", "localhost")
    status, _, err = run("preflight", "--dry-run", "--", "bash", "-c", line)
    assert status == 1
    assert "because: HEAD=localhost" in err
    assert "<environment>:" in err


def test_preflight_judges_the_environment_itself(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NCCL_SOKET_IFNAME", "eth0")
    status, _, err = run("preflight", "--dry-run", "--", "torchrun", "--nproc_per_node=2", "train.py")
    assert status == 0
    assert "warning[nccl-variable-misspelt]" in err
    assert "NCCL_SOKET_IFNAME=eth0" in err


def test_a_variable_that_is_not_in_the_environment_is_not_set(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("rank.py").write_text("import os\nimport torch.distributed as dist\nos.environ['MY_RANK']\n" + TRAIN)
    line = (
        'bash -c \'if [ -n "$FIX" ]; then A=10.0.0.1; else A=localhost; fi; ' + WRONG.replace("localhost", "$A") + "'"
    )
    assert run("check", "--command", line)[0] == 0
    monkeypatch.setenv("RANK_OF_NODE", "1")
    monkeypatch.delenv("FIX", raising=False)
    assert run("preflight", "--dry-run", "--", "bash", "-c", line.split("'", 1)[1].rstrip("'"))[0] == 1
    monkeypatch.setenv("FIX", "1")
    assert run("preflight", "--dry-run", "--", "bash", "-c", line.split("'", 1)[1].rstrip("'"))[0] == 0


def test_the_environment_of_other_hosts_is_not_this_one(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The node rank that is set here is another one there."""
    monkeypatch.setenv("NODE_RANK", "0")
    line = "torchrun --nnodes=2 --nproc_per_node=1 --node_rank=$NODE_RANK --master_addr=10.0.0.1 train.py"
    status, _, err = run("preflight", "--dry-run", "--", "bash", "-c", line)
    assert (status, err) == (0, "")
