"""Commands in documents become runs: what they start, what is said of it, and what is left alone."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from dtlint.config import Config
from dtlint.engine import lint
from dtlint.job.run import Run
from dtlint.job.site import Cluster
from dtlint.outcome import Report
from dtlint.run.jobs import Jobs
from dtlint.value import absent
from tests.memory_files import MemoryFiles

DDP = """\
    import os
    import argparse
    import torch.distributed as dist
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=1)
    args = parser.parse_args()
    dist.init_process_group("gloo")
    """


def runs(files: dict[str, str]) -> list[Run]:
    texts = {path: textwrap.dedent(text) for path, text in files.items()}
    jobs = Jobs(
        files=MemoryFiles(texts),
        shells=sorted(path for path in texts if path.endswith((".sh", ".sbatch"))),
        scripts=sorted(path for path in texts if path.endswith(".py")),
        documents=sorted(path for path in texts if path.endswith((".md", ".rst"))),
        cluster=Cluster(absent(), absent()),
    )
    return jobs.runs()


def documented(files: dict[str, str]) -> list[Run]:
    return [run for run in runs(files) if run.documented]


def fenced(*lines: str) -> str:
    return "\n".join(("```bash", *lines, "```", ""))


def check(folder: Path, files: dict[str, str], config: Config | None = None, focus: tuple[str, ...] = ()) -> Report:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(textwrap.dedent(content))
    return lint([folder], config, cache=False, focus=focus)


def found(report: Report) -> list[tuple[str, str, int]]:
    lines = []
    for diagnostic in report.diagnostics:
        source = report.sources(diagnostic.at.path)
        assert source is not None
        lines.append((diagnostic.rule, diagnostic.at.path, source.position(diagnostic.at.start).line))
    return lines


def test_each_command_of_a_block_is_an_occasion_with_the_block_s_variables():
    starts = ("torchrun --nproc_per_node=2 train.py", "torchrun --nproc_per_node=4 train.py")
    text = fenced("export NCCL_DEBUG=INFO", *starts)
    first, second = documented({"README.md": text, "train.py": DDP})
    assert [first.launches[0].total.integer, second.launches[0].total.integer] == [2, 4]
    assert {process.environment.get("NCCL_DEBUG").string for process in second.processes} == {"INFO"}


def test_blocks_share_no_variables():
    text = fenced("export RUNS=2", "torchrun --nproc_per_node=2 train.py") + fenced("torchrun train.py --epochs $RUNS")
    _, second = documented({"README.md": text, "train.py": DDP})
    assert second.processes[0].environment.get("RUNS").is_unknown


def test_the_same_command_in_several_documents_is_one_occasion():
    text = fenced("torchrun train.py")
    assert len(documented({"README.md": text + text, "docs/a.md": text, "train.py": DDP})) == 1


@pytest.mark.parametrize(
    ("files", "script"),
    [
        ({"a/README.md": ("torchrun train.py",), "a/train.py": DDP, "train.py": DDP}, "a/train.py"),
        ({"docs/run.md": ("torchrun train.py",), "train.py": DDP}, "train.py"),
        ({"README.md": ("cd a", "torchrun train.py"), "a/train.py": DDP, "train.py": DDP}, "a/train.py"),
        ({"README.md": ("torchrun a/train.py",), "a/train.py": DDP}, "a/train.py"),
        ({"a/README.md": ("python -m torch.distributed.run a/train.py",), "a/train.py": DDP}, "a/train.py"),
    ],
)
def test_paths_are_those_of_a_reader(files, script):
    texts = {path: text if isinstance(text, str) else fenced(*text) for path, text in files.items()}
    (run,) = documented(texts)
    assert {process.script for process in run.processes} == {script}


def test_a_block_goes_on_where_the_one_before_went():
    text = fenced("cd a", "pip install -r requirements.txt", "python setup.py install")
    text += fenced("torchrun train.py")
    (run,) = documented({"README.md": text, "a/train.py": DDP, "a/setup.py": "import torch.distributed\n"})
    assert run.processes[0].script == "a/train.py"


@pytest.mark.parametrize(
    "lines",
    [
        ("git clone https://example.org/other.git", "cd other", "torchrun train.py"),
        ("cd $HOME/job", "python train.py"),
        ("cd other; python train.py",),
    ],
)
def test_another_repository_s_script_is_not_ours(lines):
    assert not documented({"README.md": fenced(*lines), "train.py": DDP})


def test_where_two_folders_have_the_script_nothing_is_said():
    text = fenced("cd a", "torchrun train.py") + fenced("torchrun train.py --epochs 2")
    assert len(documented({"README.md": text, "a/train.py": DDP, "train.py": DDP})) == 1


def test_a_command_for_each_node_is_started_on_each():
    text = "Node 0:\n" + fenced("torchrun --nnodes=2 --node_rank=0 --master_addr=head --nproc_per_node=1 train.py")
    text += "Node 1:\n" + fenced("torchrun --nnodes=2 --node_rank=1 --master_addr=head --nproc_per_node=1 train.py")
    for run in documented({"README.md": text, "train.py": DDP}):
        assert sorted(process.rank.integer for process in run.processes) == [0, 1]


@pytest.mark.parametrize(
    ("command", "scripts"),
    [
        ("torchrun --nproc_per_node=2 <file>.py [args...] --epochs 3", ["train.py", "tune.py"]),
        ("torchrun --nproc_per_node=2 YOUR_TRAINING_SCRIPT.py --epochs=3 --lr 1", ["tune.py"]),
        ("horovodrun -np <num-gpus> <script> --epochs 3", ["train.py", "tune.py"]),
        ("mpirun -np 2 python <your script>.py --lr 1", ["tune.py"]),
        ("torchrun --nproc_per_node=2 <file>.py [args...]", []),
        ("torchrun --nproc_per_node=2 <file>.py --width 3", []),
        ("torchrun --nproc_per_node=2 train.py --epochs <file>", ["train.py"]),
    ],
)
def test_a_script_that_the_reader_fills_in_is_one_that_has_the_options(command: str, scripts: list[str]) -> None:
    tune = DDP.replace("parser.parse_args", "parser.add_argument('--lr')\n    args = parser.parse_args", 1)
    tune = tune.replace("args = parser.add_argument", "parser.add_argument", 1)
    made = documented({"README.md": fenced(command), "train.py": DDP, "tune.py": tune, "other.py": "import sys\n"})
    assert [run.processes[0].script for run in made if run.processes[0].script] == scripts


def test_a_script_keeps_the_run_that_it_has_without_the_document():
    made = runs({"README.md": fenced("torchrun --nproc_per_node=2 train.py"), "train.py": DDP})
    assert [(run.root, run.unlaunched) for run in made] == [("train.py", True), ("README.md", False)]


def test_what_a_document_submits_is_judged_as_submitted():
    job = "#!/bin/bash\n#SBATCH --nodes=1\nsrun python train.py\n"
    made = runs({"README.md": fenced("sbatch --nodes=4 job.sbatch"), "job.sbatch": job, "train.py": DDP})
    (run,) = [run for run in made if run.root == "job.sbatch"]
    assert run.allocation is not None
    assert run.allocation.nodes.integer == 4


def test_scripts_without_a_group_and_without_a_launcher_are_left_alone():
    files = {"README.md": fenced("python show.py", "bash get.sh", "pip install torch"), "show.py": "import torch\n"}
    assert not documented({**files, "get.sh": "python show.py\n"})


ARGUMENTS = "deepspeed adds"
README = """\
    # Training

    ```bash
    deepspeed --num_gpus=2 train.py --epochs 3
    ```
    """


def test_a_mistake_is_found_at_the_script_with_the_command_that_leads_to_it(tmp_path):
    report = check(tmp_path, {"README.md": README, "train.py": DDP})
    assert found(report) == [("local-rank-option-refused", "train.py", 6)]
    assert "README.md" in {cause.at.path for cause in report.diagnostics[0].because}


def test_an_error_is_reported_in_the_document(tmp_path):
    text = "```console\n$ torchrun --nproc_per_node=2 --master_port=70000 train.py\n```\n"
    assert found(check(tmp_path, {"README.md": text, "train.py": DDP})) == [("port-out-of-range", "README.md", 2)]


def test_a_placeholder_is_no_value(tmp_path):
    options = "--nproc_per_node=<n> --master_port=PORT --node_rank {0, 1} --nnodes 2"
    text = fenced(f"torchrun {options} train.py [--epochs N]")
    assert not found(check(tmp_path, {"README.md": text, "train.py": DDP}))


def test_no_rule_fails_on_a_number_that_nobody_gives(tmp_path):
    text = fenced("CUDA_VISIBLE_DEVICES=0,1 torchrun ... train.py", "CUDA_VISIBLE_DEVICES=0 accelerate launch train.py")
    assert not check(tmp_path, {"README.md": text, "train.py": DDP}).problems


def test_what_a_document_leaves_out_is_no_mistake(tmp_path):
    text = fenced("torchrun --nnodes=4 --nproc_per_node=8 train.py", "torchrun --nproc_per_node=8 train.py &")
    assert not found(check(tmp_path, {"README.md": text, "train.py": DDP}))


def test_the_release_that_a_document_names_may_be_the_reader_s(tmp_path):
    text = "Made with [PyTorch](https://pytorch.org) version 1.7.1.\n"
    text += fenced("python -m torch.distributed.launch --nproc_per_node=2 train.py")
    script = DDP.replace("--epochs", "--local_rank")
    assert not found(check(tmp_path, {"README.md": text, "train.py": script}))
    (tmp_path / "README.md").write_text(text.replace("1.7.1", "2.7"))
    assert [rule for rule, _, _ in found(lint([tmp_path], cache=False) or Report(tmp_path))] == [
        "local-rank-option-refused"
    ]


def test_documents_can_be_left_out(tmp_path):
    assert not found(check(tmp_path, {"README.md": README, "train.py": DDP}, Config(markdown=False)))
    assert not found(check(tmp_path, {}, Config(exclude=("*.md",))))
    (tmp_path / "dtlint.toml").write_text("markdown = false\n")
    assert not found(lint([tmp_path], cache=False))


def test_with_files_in_focus_only_documents_among_them_are_read(tmp_path):
    files = {"README.md": README, "train.py": DDP}
    assert not found(check(tmp_path, files, focus=("train.py",)))
    assert len(found(check(tmp_path, files, focus=("README.md",)))) == 1


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("README.md", "<!-- dtlint: ignore[port-out-of-range] the port is made up -->\n\n```bash\n{}\n```\n"),
        ("README.md", "<!-- dtlint: ignore-file[port-out-of-range] -->\nWords.\n```bash\n{}\n```\n"),
        ("usage.rst", ".. dtlint: ignore[port-out-of-range] the port is made up\n\n.. code-block:: bash\n\n   {}\n"),
    ],
)
def test_a_comment_of_the_document_suppresses(tmp_path, name, text):
    command = "torchrun --nproc_per_node=2 --master_port=70000 train.py"
    report = check(tmp_path, {name: text.format(command), "train.py": DDP})
    assert not report.diagnostics
    assert not report.problems
    assert len(report.suppressed) == 1


def test_a_comment_that_a_document_shows_in_a_block_suppresses_nothing(tmp_path):
    text = "```html\n<!-- dtlint: ignore-file[port-out-of-range] -->\n```\n"
    text += "```bash\n# dtlint: ignore[port-out-of-range]\n"
    text += "torchrun --nproc_per_node=2 --master_port=70000 train.py\n```\n"
    report = check(tmp_path, {"README.md": text, "train.py": DDP})
    assert [rule for rule, _, _ in found(report)] == ["port-out-of-range"]
    assert not report.problems
