"""`dtlint ranks` and `dtlint graph`: each table is what a person would work out from the files by hand."""

from __future__ import annotations

import json
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from dtlint.cli import main
from dtlint.cli.jobs_here import jobs_here

TRAIN = """\
import os
import torch
import torch.distributed as dist

dist.init_process_group("nccl")
torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
dist.destroy_process_group()
"""
BATCH = """\
#!/bin/bash
#SBATCH --nodes={nodes}
#SBATCH --ntasks-per-node=1
#SBATCH --gpus-per-node=8
HOST=$(scontrol show hostnames $SLURM_JOB_NODELIST | head -n 1)
srun torchrun --nnodes={nodes} --nproc_per_node=8 --rdzv_backend=c10d --rdzv_endpoint=$HOST:29500 \\
    --rdzv_id=$SLURM_JOB_ID train.py
"""


class Here:
    """A workspace that is the current folder, and what a command prints there."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], folder: Path) -> None:
        self.monkeypatch, self.capsys = monkeypatch, capsys
        monkeypatch.chdir(folder)

    def write(self, **files: str) -> None:
        for name, text in files.items():
            Path(name.replace("__", "/").replace("_", ".")).write_text(textwrap.dedent(text))

    def run(self, *arguments: str) -> tuple[int, str, str]:
        self.monkeypatch.setattr(sys, "argv", ["dtlint", *arguments])
        status = main()
        captured = self.capsys.readouterr()
        return status, captured.out, captured.err

    def worlds(self, *arguments: str) -> list[dict[str, Any]]:
        status, out, _ = self.run("ranks", "--json", *arguments)
        assert status == 0
        return [world for job in json.loads(out)["jobs"] for world in job["worlds"]]


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Here:
    return Here(monkeypatch, capsys, tmp_path)


def places(world: dict[str, Any]) -> list[tuple[int, int, int, str]]:
    """Rank, node, local rank and device of each row that stands for one process."""
    return [(row["rank"][0], row["node"][0], row["local_rank"][0], row["device"]) for row in world["ranks"]]


def test_the_table_has_each_process_of_a_small_job(here: Here) -> None:
    here.write(job_sbatch=BATCH.format(nodes=2), train_py=TRAIN)
    (world,) = here.worlds()
    assert (world["world_size"], world["nodes"], world["processes_per_node"]) == (16, 2, 8)
    assert world["endpoint"] == {"kind": "c10d", "address": {"unknown": "the name of node 0"}, "port": 29500}
    assert places(world) == [(node * 8 + local, node, local, f"cuda:{local}") for node in (0, 1) for local in range(8)]
    assert world["complete"]


def test_thousands_of_ranks_are_folded(here: Here) -> None:
    here.write(job_sbatch=BATCH.format(nodes=2048), train_py=TRAIN)
    (world,) = here.worlds()
    assert world["world_size"] == 16384
    assert [row["rank"] for row in world["ranks"]] == [*([rank, rank] for rank in range(16)), [16, 16383]]
    rest = world["ranks"][-1]
    assert (rest["node"], rest["local_rank"], rest["gpu"]) == ([2, 2047], [0, 7], [0, 7])
    lines = here.run("ranks")[1].splitlines()
    assert lines[-1].split() == ["16–16383", "nodes", "2–2047", "0–7", "cuda:0–7"]


def test_a_gpu_by_global_rank_is_shown_for_what_it_is(here: Here) -> None:
    here.write(job_sbatch=BATCH.format(nodes=2), train_py=TRAIN.replace("LOCAL_RANK", "RANK"))
    (world,) = here.worlds()
    assert [device for *_, device in places(world)] == [f"cuda:{rank}" for rank in range(16)]


def test_what_is_not_known_keeps_its_symbol(here: Here) -> None:
    here.write(
        run_sh="torchrun --nnodes $N --nproc_per_node 8 --node_rank $R --master_addr $A --master_port 29500 train.py\n",
        train_py="import torch.distributed as dist\ndist.init_process_group('nccl')\n",
    )
    (world,) = here.worlds()
    assert world["world_size"] == {"unknown": "8 * $N"}
    assert world["ranks"][1]["rank"] == {"unknown": "1 + 8 * $R"}
    assert world["ranks"][1]["device"] == "unknown"
    assert not world["complete"]
    out = here.run("ranks")[1]
    assert "world size unknown (8 × $N) = unknown ($N) × 8" in out
    assert "meets at unknown ($A), port 29500" in out
    assert "the others are not laid out" in out


def test_a_presumed_world_says_so(here: Here) -> None:
    here.write(train_py=TRAIN)
    out = here.run("ranks")[1]
    assert "presumed: in a job of two or more processes on one host" in out
    assert "world size unknown, on one host" in out


def test_a_rank_that_is_given_twice_is_said(here: Here) -> None:
    text = BATCH.format(nodes=2).replace("--rdzv_backend=c10d --rdzv_endpoint=$HOST:29500", "--node_rank=0")
    here.write(job_sbatch=text, train_py=TRAIN)
    assert here.worlds()[0]["given_twice"] == [0, 1, 7]
    assert "given to more than one process: rank 0, 1, 7" in here.run("ranks")[1]


def test_a_hidden_gpu_is_named_as_the_driver_knows_it(here: Here) -> None:
    here.write(run_sh="export CUDA_VISIBLE_DEVICES=6,4\ntorchrun --nproc_per_node=2 train.py\n", train_py=TRAIN)
    assert [device for *_, device in places(here.worlds()[0])] == ["cuda:0 (GPU 6)", "cuda:1 (GPU 4)"]


def test_groups_are_counted_as_megatron_counts_them(here: Here) -> None:
    here.write(
        run_sh="""\
            torchrun --nproc_per_node=8 pretrain_gpt.py --tensor-model-parallel-size 2 \\
                --pipeline-model-parallel-size 2 --num-layers 24 --num-attention-heads 16 --micro-batch-size 4
            """,
    )
    (world,) = here.worlds()
    assert world["degrees"] == {"tensor": 2, "pipeline": 2, "data": 2}
    # megatron/core/parallel_state.py: of 8 ranks the tensor groups are [0,1], [2,3] …, the data parallel groups
    # [0,2], [1,3], [4,6], [5,7], and the pipeline groups [0,4], [1,5], [2,6], [3,7].
    assert [row["groups"] for row in world["ranks"]] == [
        {"tensor": rank % 2, "data": rank // 2 % 2, "pipeline": rank // 4} for rank in range(8)
    ]


def test_groups_in_another_order_are_left_out(here: Here) -> None:
    here.write(
        run_sh="""\
            torchrun --nproc_per_node=8 pretrain_gpt.py --tensor-model-parallel-size 2 --use-tp-pp-dp-mapping \\
                --pipeline-model-parallel-size 2 --num-layers 24 --num-attention-heads 16 --micro-batch-size 4
            """,
    )
    assert all(row["groups"] == {} for row in here.worlds()[0]["ranks"])


def test_processes_that_a_script_starts_follow_it(here: Here) -> None:
    here.write(
        train_py="""\
            import torch, torch.distributed as dist, torch.multiprocessing as mp
            def work(rank, size):
                torch.cuda.set_device(rank)
                dist.init_process_group("nccl", init_method="tcp://127.0.0.1:29511", rank=rank, world_size=size)
            if __name__ == "__main__":
                mp.spawn(work, nprocs=2, args=(2,))
            """
    )
    parent, world = here.worlds()
    assert parent["world_size"] is None
    assert (world["tool"], world["world_size"], world["started_by"]) == ("mp.spawn", 2, "each process of train.py")
    assert (world["endpoint"]["address"], world["endpoint"]["port"]) == ("127.0.0.1", "29511")
    assert [row["device"] for row in world["ranks"]] == ["cuda:0", "cuda:1"]


def test_a_job_is_named_by_its_file_its_folder_or_a_file_that_it_uses(here: Here) -> None:
    Path("a").mkdir()
    Path("b").mkdir()
    here.write(a__run_sh="torchrun --nproc_per_node=2 train.py\n", a__train_py=TRAIN)
    here.write(b__run_sh="torchrun --nproc_per_node=4 train.py\n", b__train_py=TRAIN)
    assert [world["world_size"] for world in here.worlds()] == [2, 4]
    for name in ("b/run.sh", "b", "b/", "b/train.py"):
        assert [world["world_size"] for world in here.worlds(name)] == [4], name
    status, out, err = here.run("ranks", "c")
    assert (status, out) == (2, "")
    assert "no job begins with c; there is a/run.sh, b/run.sh" in err


def test_only_the_project_is_searched_in_which_the_job_lies(here: Here) -> None:
    for name in ("mine", "other"):
        Path(name).mkdir()
    here.write(mine__run_sh="torchrun --nproc_per_node=2 train.py\n", mine__train_py=TRAIN)
    here.write(other__pyproject_toml="", other__run_sh="torchrun --nproc_per_node=4 train.py\n", other__train_py=TRAIN)
    assert jobs_here(None).workspace.root == Path.cwd()
    assert jobs_here("mine").workspace.root == Path("mine").absolute(), "a folder, and the current one is no project"
    assert jobs_here("mine/run.sh").workspace.root == Path.cwd()
    for name in ("other", "other/run.sh"):
        assert jobs_here(name).workspace.root == Path("other").absolute(), name
    here.write(pyproject_toml="")
    assert jobs_here("mine").workspace.root == Path.cwd()


def test_a_folder_without_a_job_has_no_table(here: Here) -> None:
    assert here.run("ranks") == (0, "no job was found\n", "")


# -- graph

LOOPBACK = """\
#!/bin/bash
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=1
srun bash -c "torchrun --nnodes=2 --nproc_per_node=2 --node_rank=\\$SLURM_NODEID --master_addr=localhost \\
    --master_port=29500 train.py"
"""


def drawn(here: Here, *arguments: str) -> dict[str, Any]:
    status, out, _ = here.run("graph", "--format", "json", "--no-cache", *arguments)
    assert status == 0
    (job,) = json.loads(out)["jobs"]
    return dict(job)


def test_the_graph_leads_from_the_root_to_where_the_processes_meet(here: Here) -> None:
    here.write(job_sbatch=LOOPBACK, train_py=TRAIN)
    job = drawn(here)
    labels = {node["name"]: (node["kind"], node["label"]) for node in job["nodes"]}
    edges = {(*labels[edge["from"]], edge["kind"], *labels[edge["to"]]) for edge in job["edges"]}
    assert ("root", "job.sbatch", "starts", "launch", "srun") in edges
    assert ("launch", "srun", "starts", "launch", "torchrun") in edges
    assert ("process", "rank 3 (node 1, local rank 1)", "runs on", "host", "node 1") in edges
    assert ("process", "rank 3 (node 1, local rank 1)", "runs", "script", "train.py") in edges
    assert ("world", "world of 4", "meets at", "endpoint", "localhost:29500") in edges


def test_a_finding_is_red_where_it_is(here: Here) -> None:
    here.write(job_sbatch=LOOPBACK, train_py=TRAIN)
    job = drawn(here)
    marked = {node["label"] for node in job["nodes"] if node["findings"]}
    assert marked == {"localhost:29500"}
    assert [edge["findings"][0]["rule"] for edge in job["edges"] if edge["findings"]] == ["master-address-loopback"]
    dot = here.run("graph", "--no-cache")[1]
    assert 'label="meets at\\nmaster-address-loopback"' in dot
    mermaid = here.run("graph", "--no-cache", "--format", "mermaid")[1]
    assert '{"localhost:29500<br>⚠ master-address-loopback"}:::found' in mermaid


def test_a_configuration_stands_beside_its_world(here: Here) -> None:
    here.write(
        run_sh="deepspeed --num_gpus 2 train.py --deepspeed_config ds.json\n",
        train_py="""\
            import argparse
            import deepspeed
            parser = argparse.ArgumentParser()
            parser.add_argument("--local_rank", type=int)
            parser = deepspeed.add_config_arguments(parser)
            args = parser.parse_args()
            engine, *_ = deepspeed.initialize(args=args, model=model)
            """,
        ds_json='{"train_batch_size": 16, "train_micro_batch_size_per_gpu": 4, "gradient_accumulation_steps": 1}\n',
    )
    job = drawn(here)
    (config,) = [node for node in job["nodes"] if node["kind"] == "config"]
    assert (config["label"], [mark["rule"] for mark in config["findings"]]) == ("ds.json", ["batch-sizes-disagree"])


def test_of_many_processes_those_are_drawn_that_are_looked_at(here: Here) -> None:
    here.write(job_sbatch=BATCH.format(nodes=2048), train_py=TRAIN)
    job = drawn(here)
    assert [node["label"] for node in job["nodes"] if node["kind"] == "more"] == ["… 16375 more processes"]
    assert sum(node["kind"] == "process" for node in job["nodes"]) == 9


def test_words_of_a_file_cannot_leave_their_quotes(here: Here) -> None:
    Path('a "b"\\.sh').write_text("torchrun --nproc_per_node=2 --master_addr='\"]; x' --node_rank 0 train.py\n")
    here.write(train_py=TRAIN)
    dot = here.run("graph", "--no-cache")[1]
    assert 'label="a \\"b\\"\\\\.sh"' in dot
    mermaid = here.run("graph", "--no-cache", "--format", "mermaid")[1]
    assert "a #quot;b#quot;\\.sh" in mermaid
