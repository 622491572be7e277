"""Whatever stands in a folder, dtlint ends soon, says what it could not read, and loses nothing else."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dtlint import engine, workspace
from dtlint.config import Config
from dtlint.diagnostic import Severity

BROKEN_LAUNCH = "torchrun --nproc_per_node=8 --master_port=70000 train.py\n"
SECONDS = 30
"""Far more than any of these may take, so that a loop without end fails and a slow machine does not."""


def lint(folder: Path):
    started = time.monotonic()
    report = engine.lint([folder], cache=False)
    assert time.monotonic() - started < SECONDS
    return report


def rules(report) -> set[str]:
    return {diagnostic.rule for diagnostic in report.diagnostics}


def problems(report) -> dict[str, str]:
    return {problem.at.path: problem.message for problem in report.problems}


def command(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "dtlint", *arguments], cwd=cwd, capture_output=True, text=True, timeout=60, check=False
    )


def test_an_empty_folder_is_fine(tmp_path):
    report = lint(tmp_path)
    assert not report.diagnostics
    assert not report.problems
    assert command("check", cwd=tmp_path).returncode == 0


def test_a_path_that_does_not_exist_is_wrong_use(tmp_path):
    done = command("check", "nowhere", cwd=tmp_path)
    assert done.returncode == 2
    assert "nowhere" in done.stderr


BOMB = b"a0: &a0 [x]\n" + b"".join(
    b"a%d: &a%d [%s]\n" % (level, level, b",".join([b"*a%d" % (level - 1)] * 9)) for level in range(1, 30)
)
MAIN = b"import torch.distributed as dist\nif __name__ == '__main__':\n    dist.init_process_group('nccl')\n"
BAD_FILES = {
    "binary.py": b"\x7fELF\x00\x01\x02" * 100,
    "latin.sh": "# Größe\nexport A=1\n".encode("latin-1"),
    "broken.py": b"import torch.distributed\ndef (:\n",
    "deep.py": b"import torch.distributed\nx = " + b"(" * 10_000 + b")" * 10_000 + b"\n",
    "deep.sh": b"torchrun\n" + b"if true; then " * 10_000 + b"fi; " * 10_000,
    "deep.json": b"[" * 10_000 + b"]" * 10_000,
    "deep.yaml": b"a: " + b"[" * 10_000 + b"]" * 10_000,
    "parens.sh": b"python x.py $(" * 10_000,
    "huge.py": b"import torch.distributed  # " + b"x" * 50_000_000,
    "bomb.yaml": BOMB,
    "loop.sh": b"while true; do A=$A$A$A; torchrun --nproc_per_node=2 t.py; done\n",
    "fork.sh": b":(){ :|:& };:\npython a.py\n",
    "source_me.sh": b"source ./source_me.sh\ntorchrun t.py\n",
    "nested.sh": b"bash nested.sh\nsrun bash nested.sh\n",
    "recursive.py": b"import torch.distributed as dist\ndef f(n):\n    return f(n + 1) + f(n - 1)\n"
    b"if __name__ == '__main__':\n    dist.init_process_group('nccl')\n    f(0)\n",
    "deep.ipynb": b'{"cells": ' + b"[" * 10_000 + b"]" * 10_000 + b', "x": ".spawn("}',
    "broken.ipynb": b'{"cells": [{"cell_type": "code", "source": ["mp.spawn(f)\\n", "def (:"]}]}',
    "long.ipynb": b'{"cells": [' + b'{"cell_type": "code", "source": ["x = f(1)\\n"]},' * 4_000
    + b'{"cell_type": "code", "source": ["mp.spawn(f)"]}]}',
    "generated.py": MAIN + b"    x = [1, 2, 3]\n" * 300_000,
    "long.py": MAIN + b"    x = [1, 2, 3]\n" * 20_000,
    "calls.py": b"import click\n@click.group()\ndef f():\n    f()\nf.add_command(f)\n" + MAIN
    + b"    f(['f'] * 9000)\n",
    "endless.py": MAIN + b"    x = 'a'\n    while True:\n        x = x + x\n",
    "entries.py": MAIN + b"    held = {}\n" + b"    if input():\n        held[input()] = input()\n" * 60,
    "sums.py": MAIN + b"    x = dist.get()\n" + b"    x = x + x\n" * 60 + b"    x.backward()\n",
    "slices.py": MAIN + b"    x = dist.get()\n" + b"    if input():\n        x = x[1::2]\n" * 60,
    "branches.py": MAIN + b"    if input():\n        x = 1\n" * 10_000,
    "carriage.sh": b"#!/bin/bash\r\ntorchrun --nproc_per_node=2 \\\r\n  --master_port=29500 train.py\r\n",
    "mark.sh": b"\xef\xbb\xbf#!/bin/bash\npython train.py\n",
    "tabs.sh": b"\tif\ttrue;\tthen\n\t\ttorchrun\t--nproc_per_node=2\ttrain.py\n\tfi\n",
    "empty.sh": b"",
    "nul.sh": b"torchrun\x00 --nproc_per_node=2\n",
    "hostfile": b"\xff\xfe\x00" * 20,
}


@pytest.mark.parametrize("name", sorted(BAD_FILES))
def test_a_bad_file_costs_nothing_but_itself(tmp_path, name):
    (tmp_path / name).write_bytes(BAD_FILES[name])
    (tmp_path / "good").mkdir()
    (tmp_path / "good" / "run.sh").write_text(BROKEN_LAUNCH)
    report = lint(tmp_path)
    assert "port-out-of-range" in rules(report)
    assert {path for path in problems(report) if path.startswith("good")} == set()
    assert all(problem.severity is not Severity.ERROR for problem in report.problems)
    assert not any("failed" in message for message in problems(report).values()), problems(report)


@pytest.mark.parametrize("name", ["latin.sh", "broken.py"])
def test_what_could_not_be_read_is_said(tmp_path, name):
    (tmp_path / name).write_bytes(BAD_FILES[name] + b"python train.py\n" * name.endswith(".sh"))
    (tmp_path / "run.sh").write_text(f"torchrun --nproc_per_node=2 {name}\n")
    assert name in problems(lint(tmp_path))


def test_links_that_go_in_a_circle_end(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "up").symlink_to("..", target_is_directory=True)
    (tmp_path / "self.sh").symlink_to("self.sh")
    (tmp_path / "run.sh").write_text(BROKEN_LAUNCH)
    assert rules(lint(tmp_path)) == {"port-out-of-range"}


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_file_that_may_not_be_read_is_said(tmp_path):
    (tmp_path / "run.sh").write_text(BROKEN_LAUNCH)
    secret = tmp_path / "secret.sh"
    secret.write_text("torchrun train.py\n")
    secret.chmod(0)
    report = lint(tmp_path)
    assert "port-out-of-range" in rules(report)
    assert "secret.sh" in problems(report)


def test_a_named_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.sh")
    (tmp_path / "run.sh").write_text(BROKEN_LAUNCH)
    assert rules(lint(tmp_path)) == {"port-out-of-range"}


def test_carriage_returns_do_not_hide_what_is_wrong(tmp_path):
    (tmp_path / "run.sh").write_bytes(BROKEN_LAUNCH.replace("\n", "\r\n").encode())
    assert rules(lint(tmp_path)) == {"port-out-of-range"}


def test_the_exit_status_tells_findings_from_none(tmp_path):
    (tmp_path / "run.sh").write_text(BROKEN_LAUNCH)
    assert command("check", cwd=tmp_path).returncode == 1
    assert command("check", "--exit-zero", cwd=tmp_path).returncode == 0
    assert command("check", "--format", "nonsense", cwd=tmp_path).returncode == 2


def test_a_link_that_may_not_be_read_is_left_out(tmp_path, monkeypatch):
    """Links of other people's processes below /proc are such."""
    (tmp_path / "run.sh").write_text(BROKEN_LAUNCH)
    (tmp_path / "exe.sh").symlink_to(tmp_path / "run.sh")
    read = os.readlink

    def refused(path, *rest, **named):
        if os.fspath(path).endswith("exe.sh"):
            raise PermissionError(13, "Permission denied", path)
        return read(path, *rest, **named)

    monkeypatch.setattr(os, "readlink", refused)
    assert rules(lint(tmp_path)) == {"port-out-of-range"}


def test_what_the_kernel_shows_as_files_is_left_alone(tmp_path, monkeypatch):
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc" / "run.sh").write_text(BROKEN_LAUNCH)
    (tmp_path / "link").symlink_to("proc", target_is_directory=True)
    assert len(workspace.Workspace(tmp_path).paths) == 1
    monkeypatch.setattr(workspace, "_KERNEL", {str(tmp_path / "proc")})
    assert workspace.Workspace(tmp_path).paths == ()


@pytest.mark.parametrize("asked", ["shut", "shut/run.sh"])
def test_a_path_that_may_not_be_read_is_wrong_use(tmp_path, monkeypatch, asked):
    (tmp_path / "shut").mkdir()
    (tmp_path / "shut" / "run.sh").write_text(BROKEN_LAUNCH)

    def refused(path, *rest, **named):
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(os, "scandir", refused)
    monkeypatch.setattr(Path, "stat", refused)
    with pytest.raises(PermissionError, match=r"shut.* cannot be read: Permission denied"):
        engine.lint([tmp_path / asked])


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_folder_that_may_not_be_read_is_wrong_use(tmp_path):
    (tmp_path / "shut").mkdir()
    (tmp_path / "shut" / "run.sh").write_text(BROKEN_LAUNCH)
    (tmp_path / "shut").chmod(0)
    for asked in ("shut", "shut/run.sh"):
        done = command("check", asked, cwd=tmp_path)
        assert (done.returncode, done.stderr) == (2, f"Error: {asked} cannot be read: Permission denied\n")


def test_a_current_folder_that_is_gone_is_wrong_use(tmp_path):
    script = (
        "import os, sys; os.rmdir(os.getcwd()); sys.argv = ['dtlint', 'check']\n"
        "from dtlint.cli import main; sys.exit(main())"
    )
    (tmp_path / "gone").mkdir()
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path / "gone", capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (2, "Error: the current folder is no longer there\n")


def test_a_file_that_goes_between_listing_and_reading_is_not_there(tmp_path):
    for name in ("run.sh", "gone.sh", "gone.py", "gone.yaml", "gone.json", "gone.md"):
        (tmp_path / name).write_text(BROKEN_LAUNCH)
    (tmp_path / "train.py").write_text("import torch.distributed\n")
    seen = workspace.Workspace(tmp_path)
    assert len(seen.paths) == 7
    for path in (*tmp_path.glob("gone.*"), tmp_path / "train.py"):
        path.unlink()
    assert [run.root for run in engine.jobs_of(seen, Config()).runs()] == ["run.sh"]
    assert seen.problems == ()


def test_an_interrupt_ends_all_and_leaves_nothing(tmp_path):
    """Ctrl-C goes to every process of the terminal, so also to the workers."""
    slow = BAD_FILES["endless.py"] + b"    if input():\n        x = 1\n" * 20_000
    for number in range(12):
        (tmp_path / f"train{number}.py").write_bytes(slow)
    cache = tmp_path / "cache"
    with subprocess.Popen(
        [sys.executable, "-m", "dtlint", "check"], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, start_new_session=True, env={**os.environ, "XDG_CACHE_HOME": str(cache)},
        # A shell lets what it starts in the background ignore the signal, and children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - nothing runs beside it
    ) as started:  # fmt: skip
        deadline = time.monotonic() + SECONDS
        while not cache.exists() and time.monotonic() < deadline:
            time.sleep(0.01)  # until it works: the rules are put into the cache at first
        os.killpg(started.pid, signal.SIGINT)
        said = started.communicate(timeout=SECONDS)
    # Python ends itself by the signal, which shells call 130, where it was in the `exec` of a dataclass being defined.
    assert started.returncode in (130, -signal.SIGINT)
    assert said == ("", "")
    assert list(cache.rglob(".new-*")) == []
