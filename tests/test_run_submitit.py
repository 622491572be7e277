"""Functions that a script submits with submitit: its files, named in run/submitit.py, say what each of them means."""

from __future__ import annotations

import pytest

from dtlint.job.run import Run
from tests.test_jobs import runs

SCRIPT = """\
import torch
import torch.distributed as dist
import submitit


class Trainer:
    def __init__(self, device):
        self.device = device

    def __call__(self):
        job = submitit.JobEnvironment()
        torch.cuda.set_device(job.local_rank)
        dist.init_process_group("nccl", rank=job.global_rank, world_size=job.num_tasks)
        dist.barrier()


if __name__ == "__main__":
    executor = submitit.{made}
    {asked}
    executor.submit(Trainer("cuda"))
"""


def job(asked: str, made: str = 'AutoExecutor(folder="logs")', script: str = SCRIPT) -> Run:
    text = script.replace("{made}", made).replace("{asked}", asked)
    (found,) = runs({"submit.py": text})
    return found


@pytest.mark.parametrize(
    ("asked", "made", "nodes", "each", "gpus"),
    [
        ("executor.update_parameters(nodes=2, tasks_per_node=4, gpus_per_node=4)", "", 2, 4, 4),
        ("executor.update_parameters(gpus_per_node=4)", "", 1, 1, 4),
        ("executor.update_parameters(nodes=2, slurm_ntasks_per_node=8, slurm_gres='gpu:a100:8')", "", 2, 8, 8),
        ("executor.update_parameters(tasks_per_node=2, slurm_tasks_per_node=4, slurm_num_gpus=4)", "", 1, 4, 4),
        ("executor.update_parameters(nodes=4); executor.update_parameters(nodes=2)", "", 2, 1, None),
        ("executor.update_parameters(nodes=2, tasks_per_node=None)", "", 2, 1, None),
        ("executor.update_parameters(slurm_additional_parameters={'gpus-per-node': 2}, nodes=1)", "", 1, 1, 2),
        ("executor.update_parameters(nodes=2, ntasks_per_node=4)", 'SlurmExecutor(folder="logs")', 2, 4, None),
        ("executor.update_parameters(nodes=2)", 'AutoExecutor("logs", cluster="slurm")', 2, 1, None),
        ("executor.update_parameters(nodes=2, **extra())", "", 2, None, None),
    ],
)  # fmt: skip
def test_what_an_executor_asks_for(asked: str, made: str, nodes: int, each: int | None, gpus: int | None) -> None:
    found = job(asked, made or 'AutoExecutor(folder="logs")')
    (launch,) = found.launches
    assert launch.tool == "submitit"
    assert (launch.nodes.integer, launch.per_node.integer) == (nodes, each)
    assert launch.allocation is not None
    assert launch.allocation.gpus_per_node.integer == gpus


@pytest.mark.parametrize(
    ("asked", "made"),
    [
        ("executor.update_parameters(nodes=2, slurm_srun_args=['-n', '4'])", 'AutoExecutor("logs")'),
        ("executor.update_parameters(nodes=2, slurm_use_srun=False)", 'AutoExecutor("logs")'),
        ("executor.update_parameters(nodes=2)", 'AutoExecutor("logs", cluster="local")'),
        ("executor.update_parameters(nodes=2)", 'AutoExecutor("logs", cluster=which())'),
        ("executor.update_parameters(nodes=2, slurm_additional_parameters=more())", 'AutoExecutor("logs")'),
    ],
)
def test_what_may_be_started_otherwise_is_not_followed(asked: str, made: str) -> None:
    assert not job(asked, made).launches


def test_each_task_calls_the_function_with_its_own_place() -> None:
    found = job("executor.update_parameters(nodes=2, tasks_per_node=2)")
    (world,) = [world for world in found.worlds if world.first.tool == "submitit"]
    places = {
        process.rank.integer: (
            [event.argument("rank").integer for event in process.called("torch.distributed.init_process_group")],
            [event.argument("device").integer for event in process.called("torch.cuda.set_device")],
        )
        for process in world.processes
    }
    assert places == {0: ([0], [0]), 1: ([1], [1]), 2: ([2], [0]), 3: ([3], [1])}


def test_the_helper_for_pytorch_tells_each_process_its_place_and_leaves_it_one_gpu() -> None:
    script = SCRIPT.replace(
        "job = submitit.JobEnvironment()\n        torch.cuda.set_device(job.local_rank)",
        "job = submitit.helpers.TorchDistributedEnvironment().export()",
    ).replace('"nccl", rank=job.global_rank, world_size=job.num_tasks', '"nccl"')
    found = job("executor.update_parameters(nodes=2, tasks_per_node=2)", script=script)
    for process in found.worlds[0].processes:
        told = {write.name: write.value.string for write in process.writes}
        assert told["RANK"] == str(process.rank.integer)
        assert told["CUDA_VISIBLE_DEVICES"] == told["LOCAL_RANK"] == str(process.local)
        assert told["WORLD_SIZE"] == "4"


def test_a_folder_that_may_not_be_there_does_not_end_the_script() -> None:
    """As many scripts with submitit look for the folder of their logs."""
    script = SCRIPT.replace("class Trainer", FOLDER + "\n\nclass Trainer").replace("{made}", "AutoExecutor(folder())")
    (launch,) = job("executor.update_parameters(nodes=2)", script=script).launches
    assert launch.total.integer == 2


FOLDER = """\
from pathlib import Path


def folder():
    if Path("/checkpoint").is_dir():
        return Path("/checkpoint")
    if Path("/scratch").is_dir():
        return Path("/scratch")
    raise RuntimeError("no shared folder")
"""
