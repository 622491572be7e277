"""PaddlePaddle's launcher: each expected number is computed by hand from the command."""

from __future__ import annotations

import pytest

from tests.test_jobs import TRAIN, run, runs, variables


@pytest.mark.parametrize(
    "line",
    [
        "python -m paddle.distributed.launch --gpus 0,1,2 --log_dir out train.py --epochs 3",
        "python3 -m paddle.distributed.launch --devices=4,5,6 --run_mode collective train.py",
        "fleetrun --nnodes 1 --nproc_per_node 3 train.py",
    ],
)
def test_processes_of_one_host_are_told_their_ranks(line: str):
    job = run({"run.sh": f"#!/bin/bash\n{line}\n", "train.py": TRAIN})
    assert variables(job, "PADDLE_TRAINER_ID", "PADDLE_TRAINERS_NUM") == [("0", "3"), ("1", "3"), ("2", "3")]
    assert {process.script for process in job.processes} == {"train.py"}


def test_without_a_number_it_starts_one_for_each_visible_device():
    line = "CUDA_VISIBLE_DEVICES=2,3 python -m paddle.distributed.launch train.py"
    job = run({"run.sh": f"#!/bin/bash\n{line}\n", "train.py": TRAIN})
    assert variables(job, "PADDLE_TRAINER_ID") == [("0",), ("1",)]


@pytest.mark.parametrize(
    "options", ["--nnodes 2 --master a:7", "--server_num 1 --worker_num 2", "--ips a,b --gpus 0,1", "--run_mode ps"]
)
def test_several_hosts_and_parameter_servers_are_not_followed(options: str):
    line = f"python -m paddle.distributed.launch {options} train.py"
    assert not any(job.launches for job in runs({"run.sh": f"#!/bin/bash\n{line}\n", "train.py": TRAIN}))
