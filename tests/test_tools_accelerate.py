"""What accelerate starts: expected values are those of version 1.15, compared with it in tests/test_proofs.py."""

from __future__ import annotations

import pytest

from dtlint.job.run import Run
from dtlint.job.site import Cluster
from dtlint.run.jobs import Jobs
from dtlint.value import absent
from tests.memory_files import MemoryFiles
from tests.test_jobs import TRAIN, run, variables

TWO_MACHINES = """\
distributed_type: {kind}
num_machines: 2
num_processes: 8
machine_rank: 1
main_process_ip: 10.0.0.1
main_process_port: 2222
rdzv_backend: c10d
deepspeed_config: {{deepspeed_multinode_launcher: {launcher}, deepspeed_hostfile: hosts}}
"""


def started(command: str, **files: str):
    text = f"#!/bin/bash\n#SBATCH --nodes=1\n{command} train.py --a 1\n"
    names = {name.replace("_yaml", ".yaml"): text for name, text in files.items()}
    job = run({"job.sbatch": text, "train.py": TRAIN, **names})
    return job, job.launches[0]


def test_processes_of_all_machines_and_the_file():
    job, launch = started(
        "accelerate launch --config_file two.yaml", two_yaml=TWO_MACHINES.format(kind="MULTI_GPU", launcher="standard")
    )
    assert (launch.nodes.integer, launch.per_node.integer, launch.total.integer) == (2, 4, 8)
    # The default of --rdzv_backend hides what the file says.
    meeting = launch.rendezvous
    assert (meeting.kind, meeting.address.string, meeting.port.integer) == ("static", "10.0.0.1", 2222)
    assert variables(job, "RANK", "LOCAL_RANK", "GROUP_RANK", "WORLD_SIZE", "MASTER_ADDR") == [
        ("4", "0", "1", "8", "10.0.0.1"),
        ("5", "1", "1", "8", "10.0.0.1"),
        ("7", "3", "1", "8", "10.0.0.1"),
    ]


@pytest.mark.parametrize(
    ("options", "kind", "processes"),
    [
        ("--num_processes 4", "MULTI_GPU", 4),
        ("--num-processes=4", "FSDP", 4),
        ("--num_processes 4", "'NO'", 1),
        ("--num_processes 4 --multi_gpu", "'NO'", 4),
        ("--num_processes 4 --use_fsdp", "'NO'", 4),
        ("--num_processes 4 --cpu", "MULTI_GPU", 1),
    ],
)
def test_which_launcher_starts_them(options, kind, processes):
    job, launch = started(
        f"accelerate launch --config_file c.yaml {options}", c_yaml=f"distributed_type: {kind}\nnum_machines: 1\n"
    )
    assert launch.total.integer == processes
    ranked = {process.environment.get("LOCAL_RANK").is_absent for process in job.processes}
    assert ranked == {processes == 1}


def test_one_process_without_a_file_has_no_rank():
    job, _ = started("accelerate launch --num_processes 1")
    assert variables(job, "RANK", "ACCELERATE_MIXED_PRECISION")[0][0] is None


def test_without_a_file_the_number_of_processes_is_not_known():
    _, launch = started("accelerate launch")
    assert launch.total.is_unknown


@pytest.mark.parametrize(
    ("options", "chosen"),
    [
        ("--multi_gpu --num_machines 1 --num_processes 2 --main_process_port 7 --main_process_ip h", False),
        ("--num_machines 1 --num_processes 2 --main_process_port 7", False),
        ("--num_machines 1 --num_processes 1 --main_process_port 7", True),
        ("--cpu --num_machines 1 --num_processes 2 --main_process_port 7", True),
        ("$MORE --num_machines 1 --num_processes 2 --main_process_port 7", True),
        ("--multi_gpu --num_machines 1 --num_processes 2 --main_process_port 0", True),
        ("--multi_gpu --num_machines 1 --num_processes 2", True),
    ],
)
def test_on_one_machine_a_port_in_use_is_exchanged(options, chosen):
    _, launch = started(f"accelerate launch {options}")
    assert (launch.rendezvous.chosen, launch.rendezvous.yields) == (chosen, True)
    assert launch.rendezvous.address.string == "127.0.0.1"


def test_gpu_ids_are_the_visible_devices():
    job, _ = started("accelerate launch --multi_gpu --num_processes 2 --num_machines 1 --gpu_ids 2,3")
    assert set(variables(job, "CUDA_VISIBLE_DEVICES")) == {("2,3",)}
    job, _ = started("accelerate launch --multi_gpu --num_processes 2 --num_machines 1 --gpu_ids all")
    assert set(variables(job, "CUDA_VISIBLE_DEVICES")) == {(None,)}


def test_deepspeed_reaches_other_machines_by_its_own_launcher():
    two = TWO_MACHINES.format(kind="DEEPSPEED", launcher="pdsh")
    job, _ = started("accelerate launch --config_file two.yaml", two_yaml=two, hosts="a slots=4\nb slots=4\n")
    assert [launch.tool for launch in job.launches] == ["accelerate", "deepspeed"]
    assert variables(job, "RANK", "WORLD_SIZE", "MASTER_PORT")[-1] == ("7", "8", "2222")
    # Each process is told by its environment only.
    assert {tuple(word.string for word in process.arguments) for process in job.processes} == {("--a", "1")}
    two = TWO_MACHINES.format(kind="DEEPSPEED", launcher="standard")
    job, _ = started("accelerate launch --config_file two.yaml", two_yaml=two)
    assert [launch.tool for launch in job.launches] == ["accelerate"]


@pytest.mark.parametrize(
    "options",
    [
        "--mixed-precision bf16 --dynamo_backend no --num_cpu_threads_per_process 4 -q",
        "--use_deepspeed --zero_stage 3 --deepspeed_config_file ds.json --gradient_clipping 1.0",
        "--use_fsdp --fsdp_version 2 --fsdp_activation_checkpointing_offload true --fsdp_state_dict_type X",
        "--use_parallelism_config --parallelism_config_tp_size 2 --parallelism_config_cp_comm_strategy alltoall",
        "--use_megatron_lm --megatron_lm_tp_degree 2 --fp8_backend te --fp8_use_autocast_during_eval --same_network",
        "-t 3 --role r --rdzv_conf a=b --log_dir l --max_restarts 2 --tpu_cluster --vm v --env A=1 --debug",
    ],
)
def test_the_script_stands_behind_all_options(options):
    job, launch = started(f"accelerate launch --num_processes 2 --num_machines 1 {options}")
    assert launch.options.strange == ()
    assert {process.script for process in job.processes} == {"train.py"}


def test_options_are_not_abbreviated():
    _, launch = started("accelerate launch --num_proc 2")
    assert [given.name for given in launch.options.strange] == ["--num_proc"]


ONE = "compute_environment: LOCAL_MACHINE\ndistributed_type: MULTI_GPU\nnum_machines: 1\nnum_processes: 4\n"


def configured(files: dict[str, str]) -> list[Run]:
    jobs = Jobs(
        files=MemoryFiles(files),
        shells=sorted(path for path in files if path.endswith(".sh")),
        scripts=sorted(path for path in files if path.endswith(".py")),
        manifests=iter(sorted(path for path in files if path.endswith(".yaml"))),
        cluster=Cluster(absent(), absent()),
    )
    return jobs.runs()


def test_a_configuration_that_no_command_names_is_a_launch_of_an_unknown_script():
    script = "import torch.distributed as dist\ndist.init_process_group('nccl')\n"
    alone, other = configured({"conf/one.yaml": ONE, "conf/train.py": script})
    # It conceals no script that stands beside it.
    (launch,) = other.launches if other.root == "conf/one.yaml" else alone.launches
    assert {alone.root, other.root} == {"conf/one.yaml", "conf/train.py"}
    assert (launch.tool, launch.per_node.integer, launch.config.field("num_processes").integer) == ("accelerate", 4, 4)


def test_a_configuration_that_a_command_names_is_no_run_of_its_own():
    command = "accelerate launch --config_file one.yaml --num_processes 2 train.py\n"
    (job,) = configured({"one.yaml": ONE, "run.sh": command, "train.py": TRAIN})
    assert job.root == "run.sh"
    service = ONE.replace("LOCAL_MACHINE", "AMAZON_SAGEMAKER")
    assert configured({"one.yaml": service}) == []


def test_a_configuration_of_several_machines_is_used_on_each():
    several = ONE.replace("num_machines: 1", "num_machines: 2\nmain_process_ip: node7\nmain_process_port: 29999")
    (job,) = configured({"two.yaml": several})
    assert [launch.node_rank.integer for launch in job.launches] == [0, 1]
    assert all(launch.per_host_copies for launch in job.launches)
