"""Headers of LSF and Grid Engine: the numbers are those of the manuals' examples, worked out by hand."""

from __future__ import annotations

import pytest

from dtlint.job.run import Run
from tests.test_jobs import run


def job(header: str, command: str = "mpirun -np 8 python train.py") -> Run:
    return run({"job.sh": f"#!/bin/bash\n{header}\n{command}\n", "train.py": "print()\n"})


@pytest.mark.parametrize(
    ("header", "nodes", "each", "gpus"),
    [
        ('#BSUB -n 8\n#BSUB -R "span[ptile=4]"\n#BSUB -gpu "num=4:mode=exclusive_process"', 2, 4, 4),
        ('#BSUB -n 4 -R "rusage[mem=4000] span[hosts=1]"\n#BSUB -gpu num=2', 1, None, 2),
        ('#BSUB -n 8\n#BSUB -R "rusage[mem=4GB]"\n#BSUB -R "span[ptile=2]"\n#BSUB -gpu "num=1/task"', 4, 2, 2),
        ("#BSUB -J fit\n#BSUB -W 2:00", 1, None, None),
        ("#BSUB -nnodes 16\n#BSUB -P csc123\n#BSUB -alloc_flags smt4", 16, None, None),
        ("#BSUB -n 8\n#BSUB -q gpu", None, None, None),
        ('#BSUB -n 4,8\n#BSUB -R "span[ptile=4]"', None, 4, None),
        ('#BSUB -n 6\n#BSUB -R "span[ptile=4]"', None, 4, None),
    ],
)
def test_what_lsf_is_asked_for(header: str, nodes: int | None, each: int | None, gpus: int | None):
    allocation = job(header).allocation
    assert allocation is not None
    assert allocation.scheduler == "lsf"
    assert (allocation.nodes.integer, allocation.tasks_per_node.integer, allocation.gpus_per_node.integer) == (
        nodes, each, gpus,
    )  # fmt: skip


def test_lsf_starts_the_script_once_on_the_first_host():
    found = job('#BSUB -n 8\n#BSUB -R "span[ptile=4]"', "torchrun --nnodes=2 --nproc_per_node=4 train.py")
    assert [launch.host.index for launch in found.launches] == [0]
    environment = found.launches[0].environment
    assert environment.get("RANK").is_absent
    assert environment.get("LSB_DJOB_HOSTFILE").is_unknown


@pytest.mark.parametrize(
    ("header", "nodes", "slots"),
    [
        ("#$ -N fit\n#$ -cwd\n#$ -l gpu=1", 1, None),
        ("#$ -pe mpi 16\n#$ -l gpu=4", None, 16),
        ("#$ -N fit\n#$ -pe smp 4-8", None, None),
    ],
)
def test_what_grid_engine_is_asked_for(header: str, nodes: int | None, slots: int | None):
    allocation = job(header).allocation
    assert allocation is not None
    assert allocation.scheduler == "grid engine"
    assert (allocation.nodes.integer, allocation.tasks.integer) == (nodes, slots)
    assert allocation.gpus_per_node.is_absent


def test_a_command_in_a_comment_is_no_header():
    assert job("#$ pip install -r requirements.txt").allocation is None
    assert job("#$HOME is where it lies").allocation is None


def test_jsrun_starts_the_tasks_of_its_resource_sets():
    header = "#BSUB -nnodes 2\n#BSUB -W 1:00"
    found = job(header, "jsrun -n 12 -r 6 -a 1 -c 7 -g 1 python train.py")
    (launch,) = found.launches
    assert (launch.nodes.integer, launch.per_node.integer, launch.total.integer) == (2, 6, 12)
    table = [(child.node, child.local, child.rank.integer, child.host.gpus.integer) for child in launch.children]
    assert table == [(0, 0, 0, 1), (0, 1, 1, 1), (0, 5, 5, 1), (1, 0, 6, 1), (1, 1, 7, 1), (1, 5, 11, 1)]
    assert launch.children[3].environment.get("OMPI_COMM_WORLD_RANK").string == "6"
    assert launch.children[3].environment.get("JSM_NAMESPACE_SIZE").string == "12"


@pytest.mark.parametrize(
    ("command", "nodes", "total"),
    [
        ("jsrun --nrs 4 --tasks_per_rs 6 --rs_per_host 1 --gpu_per_rs 6 python train.py", 4, 24),
        ("jsrun -n4 -a4 -g4 python train.py", None, 16),
        ("jsrun -p 8 -g 1 python train.py", None, 8),
        ("jsrun -n ALL_HOSTS -r 1 -a 6 python train.py", None, None),
    ],
)
def test_what_jsrun_counts(command: str, nodes: int | None, total: int | None):
    (launch,) = job("#BSUB -nnodes 4", command).launches
    assert (launch.nodes.integer, launch.total.integer) == (nodes, total)
