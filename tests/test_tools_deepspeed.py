"""What deepspeed starts: expected values are those of its runner (0.19), compared with it in tests/test_proofs.py."""

from __future__ import annotations

import pytest

from tests.test_jobs import TRAIN, run, variables

HOSTS = "a slots=4\nb slots=2\n"
DEVICES = ("RANK", "LOCAL_RANK", "WORLD_SIZE", "CUDA_VISIBLE_DEVICES")


def started(command: str, gpus: int | None = 4, before: str = ""):
    text = f"#!/bin/bash\n#SBATCH --nodes=1\n{before}\n{command} train.py\n"
    job = run({"job.sbatch": text, "hosts": HOSTS, "train.py": TRAIN}, gpus)
    return job, job.launches[-1]


@pytest.mark.parametrize(
    ("options", "before", "per_node", "devices"),
    [
        ("", "", 4, "0,1,2,3"),
        ("--num_gpus 2", "", 2, "0,1"),
        ("--num_gpus=-1", "", 4, "0,1,2,3"),
        ("--include localhost:1,3", "", 2, "1,3"),
        ("-i localhost", "", 4, "0,1,2,3"),
        ("--exclude localhost:0", "", 3, "1,2,3"),
        # The mask is a filter where no option is; with an option it is ignored.
        ("", "export CUDA_VISIBLE_DEVICES=1,2", 2, "1,2"),
        ("--num_gpus 4", "export CUDA_VISIBLE_DEVICES=1,2", 4, "0,1,2,3"),
        ("--include localhost:0", "export CUDA_VISIBLE_DEVICES=1,2", 1, "0"),
    ],
)
def test_devices_of_one_host(options, before, per_node, devices):
    job, launch = started(f"deepspeed {options}", before=before)
    assert launch.per_node.integer == per_node
    assert {process.environment.get("CUDA_VISIBLE_DEVICES").string for process in job.processes} == {devices}


def test_devices_are_not_known_where_the_gpus_are_not():
    job, launch = started("deepspeed", gpus=None)
    assert launch.per_node.integer is None
    assert {process.environment.get("CUDA_VISIBLE_DEVICES").is_unknown for process in job.processes} == {True}


@pytest.mark.parametrize(
    ("options", "ranks"),
    [
        ("", [("0", "0", "6", "0,1,2,3"), ("1", "1", "6", "0,1,2,3"), ("3", "3", "6", "0,1,2,3"),
              ("4", "0", "6", "0,1"), ("5", "1", "6", "0,1")]),
        ("--num_nodes 1", [("0", "0", "4", "0,1,2,3"), ("1", "1", "4", "0,1,2,3"), ("3", "3", "4", "0,1,2,3")]),
        ("--num_gpus 1", [("0", "0", "2", "0"), ("1", "0", "2", "0")]),
        ("--include b:1", [("0", "0", "1", "1")]),
        ("--include 'b:0,1@a:2'", [("0", "0", "3", "2"), ("1", "1", "3", "0,1"), ("2", "0", "3", "0,1")]),
        ("--exclude 'a@b:0'", [("0", "0", "1", "1")]),
        ("--exclude 'a:1,2,3'", [("0", "0", "3", "0"), ("1", "1", "3", "0,1"), ("2", "0", "3", "0,1")]),
    ],
)  # fmt: skip
def test_hosts_and_devices_of_a_hostfile(options, ranks):
    job, _ = started(f"deepspeed -H hosts {options}")
    assert variables(job, *DEVICES) == ranks


def test_without_a_hostfile_they_meet_on_this_host():
    _, launch = started("deepspeed --master_addr elsewhere --master_port 7")
    assert (launch.rendezvous.address.string, launch.rendezvous.port.integer) == ("127.0.0.1", 7)
    _, launch = started("deepspeed --hostfile hosts --master_addr elsewhere")
    assert (launch.rendezvous.address.string, launch.rendezvous.port.integer) == ("elsewhere", 29500)


def test_other_hosts_get_some_variables_only():
    job, _ = started("deepspeed -H hosts", before="export NCCL_DEBUG=INFO PYTHONPATH=x OTHER=1")
    assert set(variables(job, "NCCL_DEBUG", "PYTHONPATH", "OTHER")) == {("INFO", "x", None)}
    job, _ = started("deepspeed", before="export OTHER=1")
    assert set(variables(job, "OTHER")) == {("1",)}


@pytest.mark.parametrize("launcher", ["openmpi", "slurm", "MPICH"])
def test_ranks_by_mpi_are_not_known(launcher):
    job, launch = started(f"deepspeed -H hosts --launcher {launcher}")
    assert launch.passes == ()
    assert {process.environment.get("RANK").is_unknown for process in job.processes} == {True}
    assert {process.arguments for process in job.processes} == {()}


@pytest.mark.parametrize(
    ("options", "arguments"),
    [
        ("", ["--local_rank=0"]),
        ("--no_local_rank", []),
        (
            "--save_pid --log_level info -q --venv_script v --ssh_port 3 --bind_cores_to_rank --bind_core_list 1-3",
            ["--local_rank=0"],
        ),
        (
            "--autotuning run --launcher_args '-x A' --enable_each_rank_log l --force_multi --no_ssh_check",
            ["--local_rank=0"],
        ),
    ],
)
def test_the_local_rank_is_passed(options, arguments):
    job, launch = started(f"deepspeed --num_gpus 1 {options}")
    assert launch.options.strange == ()
    assert [word.string for word in job.processes[0].arguments] == arguments


def test_a_hostfile_that_is_not_there_hides_the_hosts():
    _, launch = started("deepspeed --hostfile other --num_gpus 8")
    assert launch.nodes.is_unknown
    assert launch.per_node.integer == 8
