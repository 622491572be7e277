"""PBS headers: the numbers are those of the examples of qsub's manual, worked out by hand."""

from __future__ import annotations

import pytest

from dtlint.job.run import Run
from tests.test_jobs import run


def job(header: str, command: str = "mpirun -np 8 python train.py") -> Run:
    return run({"job.sh": f"#!/bin/bash\n{header}\ncd $PBS_O_WORKDIR\n{command}\n", "train.py": "print()\n"})


@pytest.mark.parametrize(
    ("header", "nodes", "tasks", "gpus"),
    [
        ("#PBS -l select=2:ncpus=32:mpiprocs=4:ngpus=4", 2, 4, 4),
        ("#PBS -l select=ncpus=8:ngpus=2", 1, None, 2),
        ("#PBS -l nodes=3:ppn=8:gpus=1", 3, 8, 1),
        ("#PBS -l nodes=2:ppn=4,walltime=10:00:00", 2, 4, None),
        ("#PBS -N fit\n#PBS -l walltime=1:00:00", 1, None, None),
    ],
)
def test_what_is_asked_for(header: str, nodes: int, tasks: int | None, gpus: int | None):
    allocation = job(header).allocation
    assert allocation is not None
    assert (allocation.nodes.integer, allocation.tasks_per_node.integer, allocation.gpus_per_node.integer) == (
        nodes, tasks, gpus,
    )  # fmt: skip


def test_hosts_of_several_kinds_are_not_counted():
    allocation = job("#PBS -l select=1:ngpus=1+2:ngpus=4").allocation
    assert allocation is not None
    assert allocation.nodes.is_unknown
    assert allocation.gpus_per_node.is_unknown


def test_the_script_runs_on_the_first_host_and_finds_no_ranks():
    found = job("#PBS -l select=2:ngpus=4", "torchrun --nnodes=2 --nproc_per_node=4 train.py")
    assert [launch.host.index for launch in found.launches] == [0]
    environment = found.launches[0].environment
    assert environment.get("RANK").is_absent
    assert environment.get("PBS_NODEFILE").is_unknown


def test_a_script_without_header_is_started_by_hand():
    assert job("# nothing to ask for").allocation is None
