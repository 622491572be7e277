"""What DGL's launcher and Ray's command line start: expected values follow from the sources that the tools name."""

from __future__ import annotations

import pytest

from tests.test_jobs import run, variables

TRAIN = "import os\nprint(os.environ['RANK'])\n"
DGL = "python ~/dgl/tools/launch.py --workspace /w --num_trainers 2 --num_servers 1 --part_config p.json"


def test_dgl_starts_trainers_on_each_machine():
    command = f'{DGL} --ip_config hosts.txt "python3 train.py --epochs 3"\n'
    job = run({"run.sh": command, "hosts.txt": "10.0.0.1\n10.0.0.2 30050\n", "train.py": TRAIN})
    assert (job.launches[0].nodes.integer, job.launches[0].total.integer) == (2, 4)
    assert [str(process.host.name) for process in job.processes] == ["10.0.0.1", "10.0.0.1", "10.0.0.2", "10.0.0.2"]
    found = [("0", "0"), ("1", "1"), ("2", "0"), ("3", "1")]
    assert variables(job, "RANK", "LOCAL_RANK", "WORLD_SIZE") == [(*pair, "4") for pair in found]
    assert {process.script for process in job.processes} == {"train.py"}


@pytest.mark.parametrize(
    "command",
    [
        f'{DGL} --ip_config other.txt "python3 train.py"',
        f'{DGL} --ip_config hosts.txt --extra_envs A=1 B=2 "python3 train.py"',
        f"{DGL} --ip_config hosts.txt python3 train.py",
    ],
)
def test_dgl_starts_nothing_that_is_known(command: str):
    job = run({"run.sh": command, "hosts.txt": "10.0.0.1\n", "train.py": TRAIN})
    assert job.launches[0].children == ()


def test_ray_runs_a_submitted_command():
    job = run({"run.sh": "ray job submit --address=http://head:8265 -- python train.py --lr 1\n", "train.py": TRAIN})
    assert [process.script for process in job.processes] == ["train.py"]


@pytest.mark.parametrize("command", ["ray start --head --port=6379 --block", "ray job list"])
def test_ray_starts_no_script(command: str):
    assert run({"run.sh": f"{command}\n"}).processes == []
