"""The launchers of MosaicML Composer and LLaMA-Factory: each expected number is computed by hand from the command."""

from __future__ import annotations

import pytest

from dtlint.job.launch import Launch
from tests.test_jobs import TRAIN, run, variables


def launch(line: str) -> Launch:
    return run({"run.sh": f"#!/bin/bash\n{line}\n", "train.py": TRAIN}).launches[0]


def test_composer_on_one_host_gives_each_process_its_rank():
    job = run({"run.sh": "#!/bin/bash\ncomposer -n 4 --world_size 4 train.py\n", "train.py": TRAIN})
    assert variables(job, "RANK", "LOCAL_RANK", "WORLD_SIZE", "NODE_RANK") == [
        ("0", "0", "4", "0"),
        ("1", "1", "4", "0"),
        ("3", "3", "4", "0"),
    ]
    assert job.launches[0].rendezvous.chosen


def test_composer_takes_the_node_rank_from_slurm():
    batch = """\
        #!/bin/bash
        #SBATCH --nodes=2
        #SBATCH --ntasks-per-node=1
        srun bash -c 'composer -n 2 --world_size 4 --node_rank $SLURM_NODEID --master_addr a --master_port 7 train.py'
        """
    job = run({"job.sbatch": batch, "train.py": TRAIN})
    assert variables(job, "RANK", "WORLD_SIZE", "MASTER_ADDR") == [(str(rank), "4", "a") for rank in range(4)]


def test_composer_counts_ranks_from_the_base_rank():
    several = "composer -n 8 --world_size 16 --master_addr a --master_port 7"
    job = run({"run.sh": f"BASE_RANK=8 {several} train.py\n", "train.py": TRAIN})
    assert {process.launch.node_rank.integer for process in job.processes if process.launch} == {0, 1}
    assert variables(job, "RANK")[0] == ("0",)
    batch = f"#!/bin/bash\n#SBATCH --nodes=1\n{several} --base_rank 8 train.py\n"
    ranks = variables(run({"job.sbatch": batch, "train.py": TRAIN}), "RANK", "NODE_RANK")
    assert ranks == [("8", "1"), ("9", "1"), ("15", "1")]


def test_composer_without_a_world_size_may_be_told_one_by_its_platform():
    assert launch("composer -n 8 train.py").nodes.is_unknown


@pytest.mark.parametrize("line", ["composer install", "composer -n 8 --world_size 4 train.py"])
def test_composer_that_starts_no_training(line: str):
    assert not run({"run.sh": f"#!/bin/bash\n{line} # python\n"}).launches


def test_llamafactory_starts_torchrun_as_its_variables_say():
    told = "FORCE_TORCHRUN=1 NNODES=2 NODE_RANK=1 NPROC_PER_NODE=4 MASTER_ADDR=a MASTER_PORT=7"
    batch = f"#!/bin/bash\n#SBATCH --nodes=1\n{told} llamafactory-cli train x.yaml\n"
    job = run({"job.sbatch": batch})
    assert job.launches[0].tool == "llamafactory-cli"
    assert job.launches[0].total.integer == 8
    assert variables(job, "RANK", "WORLD_SIZE", "MASTER_PORT") == [("4", "8", "7"), ("5", "8", "7"), ("7", "8", "7")]


def test_the_node_rank_of_older_releases_is_not_guessed():
    told = "FORCE_TORCHRUN=1 NNODES=2 RANK=1 MASTER_ADDR=a MASTER_PORT=7"
    job = run({"job.sbatch": f"#!/bin/bash\n#SBATCH --nodes=1\n{told} llamafactory-cli train x.yaml\n"})
    assert job.launches[0].node_rank.is_unknown


@pytest.mark.parametrize(
    ("pinned", "told", "rank"),
    [
        ("llamafactory==0.9.0", "RANK=1", 1),
        ("llamafactory==0.9.0", "NODE_RANK=1 RANK=0", 0),
        ("llamafactory==0.9.1", "RANK=1", 0),
        ("llamafactory>=0.9", "RANK=1", 0),
        ("llamafactory==0.10.0", "RANK=0 NODE_RANK=1", 1),
        ("llamafactory<1", "RANK=1", None),
        ("llamafactory==0.9.1.dev0", "", None),
        ("numpy", "NODE_RANK=1", 1),
    ],
)
def test_the_release_decides_which_variable_is_the_node_rank(pinned: str, told: str, rank: int | None):
    said = f"FORCE_TORCHRUN=1 NNODES=2 {told} MASTER_ADDR=a MASTER_PORT=7"
    batch = f"#!/bin/bash\n#SBATCH --nodes=1\n{said} llamafactory-cli train x.yaml\n"
    job = run({"job.sbatch": batch, "requirements.txt": f"{pinned}\n"})
    assert job.launches[0].node_rank.integer == rank


def test_llamafactory_that_may_start_no_torchrun():
    (launch,) = run({"run.sh": "#!/bin/bash\nllamafactory-cli train x.yaml\n"}).launches
    assert launch.total.is_unknown
    assert not launch.ranks


def test_llamafactory_that_trains_nothing():
    assert not run({"run.sh": "#!/bin/bash\nFORCE_TORCHRUN=1 llamafactory-cli webui\n"}).launches
