"""What torchrun starts: the values of PyTorch 2.13, which tests/test_proofs.py compares with the real one."""

from __future__ import annotations

import pytest

from dtlint.value import How
from tests.test_jobs import TRAIN, run, variables


def launched(command: str, gpus: int | None = None, header: str = "--nodes=1"):
    """The launch in a batch job, whose environment is known from its start."""
    text = f"#!/bin/bash\n#SBATCH {header}\n{command} train.py\n"
    job = run({"job.sbatch": text, "train.py": TRAIN}, gpus)
    return job, next(launch for launch in job.launches if launch.tool == "torchrun")


@pytest.mark.parametrize(
    ("options", "nodes", "per_node"),
    [
        ("", 1, 1),
        ("--nproc-per-node=2 --nnodes 3", 3, 2),
        ("--nproc_per_node 2 --nnodes=2:2", 2, 2),
        # A static rendezvous waits for the most, an elastic one takes any number.
        ("--nnodes=1:4 --nproc_per_node=2", 4, 2),
        ("--nnodes=1:4 --nproc_per_node=2 --rdzv_backend=c10d --rdzv_endpoint=h:1", None, 2),
        ("--nproc_per_node=gpu", 1, 4),
        ("--nproc_per_node=auto", 1, 4),
        ("--nproc_per_node=cpu", 1, None),
        ("--nproc_per_node=xpu", 1, None),
    ],
)
def test_how_many_processes(options, nodes, per_node):
    _, launch = launched(f"torchrun {options}", gpus=4)
    assert (launch.nodes.integer, launch.per_node.integer) == (nodes, per_node)


def test_auto_is_not_the_gpus_where_there_may_be_none():
    _, launch = launched("torchrun --nproc_per_node=auto")
    assert launch.per_node.integer is None
    assert (launch.per_node > 0).always


def test_a_process_on_each_gpu_means_several_where_nobody_says_how_many():
    job, launch = launched("torchrun --nproc_per_node=gpu")
    assert (launch.per_node > 1).always
    assert launch.per_node.same(job.processes[0].visible_gpus)
    assert any(step.how is How.PRESUMED for step in launch.per_node.trail)
    assert launched("torchrun --nproc_per_node=gpu", gpus=1)[1].per_node.integer == 1


@pytest.mark.parametrize(
    ("options", "kind", "address", "port", "chosen"),
    [
        ("", "none", None, None, True),
        ("--standalone --nnodes=1", "none", None, None, True),
        # One node without a port takes a free one, whatever address it is given.
        ("--master_addr h --nproc_per_node=2", "none", None, None, True),
        ("--master_port 4", "static", "127.0.0.1", 4, False),
        ("--nnodes=2 --node_rank=0", "static", "127.0.0.1", 29500, False),
        ("--nnodes=2 --master_addr h --master_port 4", "static", "h", 4, False),
        # The endpoint wins over address and port.
        ("--nnodes=2 --rdzv_endpoint=e:5 --master_addr h --master_port 4", "static", "e", 5, False),
        ("--nnodes=2 --rdzv_backend=c10d --rdzv_endpoint=e", "c10d", "e", 29400, False),
        ("--rdzv_backend=c10d --rdzv_endpoint=e:0", "c10d", "e", 0, True),
        ("--nnodes=2 --rdzv_backend=c10d --master_addr h", "c10d", None, None, False),
        ("--nnodes=2 --rdzv_backend=etcd-v2 --rdzv_endpoint=e:2379", "etcd-v2", "e", 2379, False),
    ],
)
def test_where_they_meet(options, kind, address, port, chosen):
    _, launch = launched(f"torchrun {options}")
    meeting = launch.rendezvous
    assert (meeting.kind, meeting.address.string, meeting.port.integer, meeting.chosen) == (kind, address, port, chosen)


@pytest.mark.parametrize(
    ("variable", "found"),
    [("PET_NPROC_PER_NODE=4", 4), ("PET_NPROC_PER_NODE=", None), ("OTHER=4", 1)],
)
def test_variables_stand_in_for_options(variable, found):
    _, launch = launched(f"{variable} torchrun")
    assert launch.per_node.integer == found


def test_options_win_over_variables():
    _, launch = launched("PET_NPROC_PER_NODE=4 PET_STANDALONE=1 torchrun --nproc_per_node 2")
    assert launch.per_node.integer == 2
    assert launch.rendezvous.kind == "none"


def test_what_processes_find():
    job, _ = launched("torchrun --nnodes=2 --node_rank=1 --nproc_per_node=2 --role r --max-restarts 3 --rdzv_id=x")
    names = ("RANK", "LOCAL_RANK", "WORLD_SIZE", "LOCAL_WORLD_SIZE", "GROUP_RANK", "GROUP_WORLD_SIZE", "ROLE_NAME")
    assert variables(job, *names) == [("2", "0", "4", "2", "1", "2", "r"), ("3", "1", "4", "2", "1", "2", "r")]
    names = ("MASTER_ADDR", "MASTER_PORT", "TORCHELASTIC_RUN_ID", "TORCHELASTIC_MAX_RESTARTS")
    assert set(variables(job, *names)) == {("127.0.0.1", "29500", "x", "3")}


def test_the_address_of_an_elastic_rendezvous_is_not_that_of_the_processes():
    job, _ = launched("torchrun --rdzv_backend=c10d --rdzv_endpoint=e:5 --nproc_per_node=2")
    assert {process.environment.get("MASTER_PORT").is_unknown for process in job.processes} == {True}


def test_launchers_of_one_node_have_a_world_each():
    job, _ = launched("srun torchrun --nproc_per_node=2", header="--nodes=2 --ntasks-per-node=1")
    assert variables(job, "RANK", "WORLD_SIZE") == [("0", "2"), ("1", "2")] * 2


def test_with_virtual_local_rank_each_process_sees_its_own_gpu():
    job, _ = launched("CUDA_VISIBLE_DEVICES=3,5 torchrun --virtual-local-rank --nproc_per_node=2")
    assert variables(job, "LOCAL_RANK", "CUDA_VISIBLE_DEVICES") == [("0", "3"), ("0", "5")]


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        ("torchrun", []),
        ("python -m torch.distributed.run", []),
        ("python -m torch.distributed.launch", ["--local-rank=0"]),
        ("python -m torch.distributed.launch --use_env", []),
        ("python -m torch.distributed.launch --nproc_per_node=1 --", ["--local-rank=0"]),
    ],
)
def test_the_older_launcher_passes_the_local_rank(command, arguments):
    job, _ = launched(command)
    assert [word.string for word in job.processes[0].arguments] == arguments


@pytest.mark.parametrize(
    "options",
    [
        "-r 3 -t 0:1,1:3 --log-dir /tmp/l",
        "-r3 --event_log_handler null --monitor-interval 5 --start_method fork",
        "--local-ranks-filter 0,1 --duplicate-stdout-filters a --duplicate_stderr_filters b",
        "--rdzv_conf timeout=5,a=b --local_addr me --logs-specs x --numa-binding node",
        "--shutdown-timeout 30 --signals-to-handle SIGTERM --virtual_local_rank",
        "--nproc 2 --run-path",
    ],
)
def test_the_script_stands_behind_all_options(options):
    job, launch = launched(f"torchrun {options}")
    assert launch.options.strange == ()
    assert {process.script for process in job.processes} == {"train.py"}


def test_hidden_options_may_be_anything():
    _, launch = launched("torchrun $EXTRA")
    assert launch.rendezvous.kind == "unknown"
    assert launch.per_node.is_unknown
    assert launch.rendezvous.address.is_unknown


@pytest.mark.parametrize(
    ("before", "options", "spelt"),
    [
        ("GPUS=8", "--nproc_per_node=$GPUS", "GPUS=8"),
        ("export GPUS=8\nEACH=$GPUS", "--nproc_per_node $EACH", "export GPUS=8"),
        ("ALL=(\n--nnodes=1\n--nproc_per_node=8\n)", '"${ALL[@]}"', "--nproc_per_node=8"),
        ('ALL="--nnodes=1 --nproc_per_node 8"', "$ALL", "--nproc_per_node 8"),
        # Here it is put together of variables in the command.
        ("A=2\nB=4", "--nproc_per_node=$((A * B))", "--nproc_per_node=$((A * B))"),
        ("A=2\nB=4\nEACH=$((A * B))", "--nproc_per_node=$EACH", "--nproc_per_node=$EACH"),
        ("", "--nproc_per_node=8", "--nproc_per_node=8"),
    ],
)
def test_a_value_stands_where_it_is_spelt_out(before, options, spelt):
    text = f"#!/bin/bash\n#SBATCH --nodes=1\n{before}\ntorchrun {options} train.py\n"
    job = run({"job.sbatch": text, "train.py": TRAIN})
    launch = next(launch for launch in job.launches if launch.tool == "torchrun")
    at = launch.per_node.at
    assert launch.per_node.integer == 8
    assert text[at.start : at.end] in (spelt, spelt.removeprefix("export "))


def test_a_value_from_another_file_stays_at_the_option():
    text = "#!/bin/bash\n#SBATCH --nodes=1\nsource env.sh\ntorchrun --nproc_per_node=$GPUS train.py\n"
    job = run({"env.sh": "GPUS=8\n", "job.sbatch": text, "train.py": TRAIN})
    launch = next(launch for launch in job.launches if launch.tool == "torchrun")
    assert (launch.per_node.at.path, launch.per_node.integer) == ("job.sbatch", 8)
