"""From files to the processes that they would start: each expected number is computed by hand from the files."""

from __future__ import annotations

import textwrap
import time

import pytest
from scripts import printed

from dtlint.job.run import Run
from dtlint.job.site import Cluster
from dtlint.run.jobs import Jobs
from dtlint.value import absent, known
from tests.memory_files import MemoryFiles

TRAIN = "import os\nprint(os.environ.get('RANK'))\n"
SHELLS = (".sh", ".sbatch")


def runs(files: dict[str, str], gpus: int | None = None) -> list[Run]:
    texts = {path: textwrap.dedent(text) for path, text in files.items()}
    jobs = Jobs(
        files=MemoryFiles(texts),
        shells=sorted(path for path in texts if path.endswith(SHELLS)),
        scripts=sorted(path for path in texts if path.endswith(".py")),
        cluster=Cluster(absent() if gpus is None else known(gpus), absent()),
    )
    return jobs.runs()


def run(files: dict[str, str], gpus: int | None = None) -> Run:
    (only,) = runs(files, gpus)
    return only


def variables(job: Run, *names: str) -> list[tuple[str | None, ...]]:
    """Of each process of the job, what it finds under these names."""
    return [tuple(process.environment.get(name).string for name in names) for process in job.processes]


def test_ranks_of_a_batch_job_are_distinct_and_counted_over_nodes():
    job = run(
        {
            "job.sbatch": """\
                #!/bin/bash
                #SBATCH --nodes=2
                #SBATCH --ntasks-per-node=1
                #SBATCH --gpus-per-node=4
                srun bash -c "torchrun --nnodes=$SLURM_NNODES --nproc_per_node=4 --node_rank=\\$SLURM_NODEID train.py"
                """,
            "train.py": TRAIN,
        }
    )
    assert variables(job, "RANK", "LOCAL_RANK", "WORLD_SIZE") == [
        ("0", "0", "8"),
        ("1", "1", "8"),
        ("3", "3", "8"),
        ("4", "0", "8"),
        ("5", "1", "8"),
        ("7", "3", "8"),
    ]
    assert [world.size.integer for world in job.worlds if world.first.tool == "torchrun"] == [8]


def test_a_node_rank_expanded_by_the_batch_shell_is_the_same_on_every_node():
    job = run(
        {
            "job.sbatch": """\
                #!/bin/bash
                #SBATCH --nodes=2
                #SBATCH --ntasks-per-node=1
                srun bash -c "torchrun --nnodes=2 --nproc_per_node=2 --node_rank=$SLURM_NODEID train.py"
                """,
            "train.py": TRAIN,
        }
    )
    assert variables(job, "RANK") == [("0",), ("1",), ("0",), ("1",)]


def test_the_launcher_of_a_variable_far_above_keeps_the_places_of_its_options():
    files = {
        "job.sbatch": """\
            #!/bin/bash
            #SBATCH --nodes=1
            #SBATCH --gres=gpu:8
            PROCS=8
            LAUNCHER="torchrun --nproc_per_node $PROCS"
            CMD="train.py --lr 1"
            srun bash -c "$LAUNCHER $CMD"
            """,
        "train.py": TRAIN,
    }
    job = run(files)
    (launch,) = [launch for launch in job.launches if launch.tool == "torchrun"]
    text = textwrap.dedent(files["job.sbatch"])
    at = launch.options.given["--nproc-per-node"][0].at
    assert launch.per_node.integer == 8
    assert text[at.start : at.end].startswith("--nproc_per_node")
    assert any(text[step.at.start : step.at.end] == "PROCS=8" for step in launch.per_node.trail)


def test_gpus_are_what_the_header_grants_less_what_a_variable_hides():
    job = run(
        {
            "job.sbatch": """\
                #!/bin/bash
                #SBATCH --gres=gpu:a100:4
                export CUDA_VISIBLE_DEVICES=0,1
                torchrun --nproc_per_node=2 train.py
                """,
            "train.py": TRAIN,
        }
    )
    assert {process.visible_gpus.integer for process in job.processes} == {2}
    assert {process.host.gpus.integer for process in job.processes} == {4}


def test_srun_gives_each_task_one_gpu_where_it_is_told_to():
    job = run(
        {
            "job.sbatch": """\
                #!/bin/bash
                #SBATCH --nodes=1
                #SBATCH --ntasks=4
                #SBATCH --gpus-per-task=1
                srun python train.py
                """,
            "train.py": TRAIN,
        }
    )
    assert {process.visible_gpus.integer for process in job.processes} == {1}
    assert variables(job, "SLURM_PROCID", "SLURM_NTASKS") == [("0", "4"), ("1", "4"), ("3", "4")]


def test_options_of_sbatch_win_over_the_header_and_arguments_arrive():
    (job,) = [
        job
        for job in runs(
            {
                "submit.sh": "sbatch --nodes=4 job.sbatch 4\n",
                "job.sbatch": """\
                    #!/bin/bash
                    #SBATCH --nodes=1
                    #SBATCH --ntasks-per-node=1
                    srun torchrun --nnodes=$1 --nproc_per_node=1 --rdzv_backend=c10d --rdzv_endpoint=h:1 train.py
                    """,
                "train.py": TRAIN,
            }
        )
        if job.allocation
    ]
    assert job.allocation.nodes.integer == 4
    assert {launch.nodes.integer for launch in job.launches} == {4}


def test_each_submission_of_a_batch_script_is_a_run_of_its_own():
    jobs = runs(
        {
            "submit.sh": "sbatch --nodes=2 job.sbatch\nsbatch --nodes=4 job.sbatch\n",
            "job.sbatch": "#!/bin/bash\n#SBATCH --nodes=1\nsrun python train.py\n",
            "train.py": TRAIN,
        }
    )
    assert sorted(job.allocation.nodes.integer for job in jobs if job.allocation) == [2, 4]


@pytest.mark.parametrize(
    "submits",
    [
        'sbatch --nodes=2 --ntasks-per-node=3 --wrap "srun python train.py"\n',
        "sbatch <<'EOF'\n#!/bin/bash\n#SBATCH -N 2 --ntasks-per-node=3\nsrun python train.py\nEOF\n",
        "n=2\nsbatch --ntasks-per-node=3 <<EOF\n#!/bin/bash\n#SBATCH --nodes=$n\nsrun python train.py\nEOF\n",
    ],
)
def test_a_batch_script_that_stands_in_the_command_is_a_run_of_its_own(submits: str):
    (job,) = [job for job in runs({"submit.sh": submits, "train.py": TRAIN}) if job.allocation]
    assert job.allocation.nodes.integer == 2
    assert {process.environment.get("SLURM_NTASKS").string for process in job.processes} == {"6"}


def test_what_a_here_document_fills_into_a_header_may_be_unknown():
    text = "sbatch <<EOF\n#!/bin/bash\n#SBATCH --nodes=$1 --gres=gpu:$2\nsrun python train.py\nEOF\n"
    (job,) = [job for job in runs({"submit.sh": text, "train.py": TRAIN}) if job.allocation]
    assert job.allocation.nodes.is_unknown
    assert job.allocation.gpus_per_node.is_unknown


def test_deepspeed_takes_hosts_and_slots_from_the_hostfile_and_the_filter():
    job = run(
        {
            "run.sh": "deepspeed --hostfile hosts --include 'a:0,2@b:1' --master_port 29501 train.py\n",
            "hosts": "a slots=4\nb slots=4\n",
            "train.py": TRAIN,
        }
    )
    names = ("RANK", "LOCAL_RANK", "WORLD_SIZE", "CUDA_VISIBLE_DEVICES")
    assert variables(job, *names) == [("0", "0", "3", "0,2"), ("1", "1", "3", "0,2"), ("2", "0", "3", "1")]
    assert {process.arguments[0].string for process in job.processes} == {"--local_rank=0", "--local_rank=1"}


def test_mpirun_fills_hosts_in_order_and_hands_on_only_what_it_is_told():
    job = run(
        {
            "run.sh": "export A=1 B=2\nmpirun -np 4 -H a:2,b:2 -x A python train.py\n",
            "train.py": TRAIN,
        }
    )
    names = ("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_LOCAL_RANK", "OMPI_COMM_WORLD_SIZE", "A")
    assert variables(job, *names) == [
        ("0", "0", "4", "1"),
        ("1", "1", "4", "1"),
        ("2", "0", "4", "1"),
        ("3", "1", "4", "1"),
    ]
    assert not any(process.environment.set("B") for process in job.processes)


def test_horovodrun_hands_the_whole_environment_on():
    job = run({"run.sh": "export B=2\nhorovodrun -np 2 -H a:1,b:1 python train.py\n", "train.py": TRAIN})
    assert variables(job, "HOROVOD_RANK", "HOROVOD_SIZE", "B") == [("0", "2", "2"), ("1", "2", "2")]


@pytest.mark.parametrize("option", ["", "--num_processes 4 "])
def test_accelerate_takes_the_command_line_over_its_file_and_counts_all_machines(option):
    job = run(
        {
            "run.sh": f"accelerate launch --config_file two.yaml {option}train.py\n",
            "two.yaml": "num_machines: 2\nnum_processes: 8\nmachine_rank: 0\nmain_process_ip: 10.0.0.1\n",
            "train.py": TRAIN,
        }
    )
    launch = job.launches[0]
    assert (launch.total.integer, launch.per_node.integer) == ((4, 2) if option else (8, 4))


def test_two_hand_started_scripts_of_one_world_are_one_run_with_a_host_each():
    command = "torchrun --nnodes=2 --node_rank={} --nproc_per_node=2 --master_addr=h --master_port=295 train.py\n"
    job = run({"a.sh": command.format(0), "b.sh": command.format(1), "train.py": TRAIN})
    assert variables(job, "RANK") == [("0",), ("1",), ("2",), ("3",)]
    assert len({id(process.host.machine) for process in job.processes}) == 2


def test_different_arguments_or_endpoints_are_different_worlds():
    command = "torchrun --nnodes=2 --node_rank=0 --nproc_per_node=2 --master_addr=h{} --master_port=29500 train.py\n"
    assert len(runs({"a.sh": command.format(1), "b.sh": command.format(2), "train.py": TRAIN})) == 2


def test_a_literal_node_rank_in_a_script_for_several_hosts_is_edited_there():
    job = run(
        {
            "node.sh": "torchrun --nnodes=2 --node_rank=0 --nproc_per_node=1 --master_addr=h train.py\n",
            "train.py": TRAIN,
        }
    )
    assert variables(job, "RANK") == [("0",), ("1",)]


def test_ssh_starts_a_shell_without_this_environment_on_another_host():
    job = run(
        {
            "go.sh": """\
                export TOKEN=1
                i=0
                for host in n1 n2; do
                  ssh $host "cd /work && RANK=$i python train.py" &
                  i=$((i + 1))
                done
                wait
                """,
            "train.py": TRAIN,
        }
    )
    assert variables(job, "RANK", "TOKEN") == [("0", None), ("1", None)]
    assert [str(process.host.name) for process in job.processes] == ["n1", "n2"]


def test_a_script_that_nobody_launches_runs_in_two_presumed_processes():
    script = "import torch.distributed as dist\nif __name__ == '__main__':\n    dist.init_process_group('nccl')\n"
    job = run({"train.py": script})
    assert variables(job, "RANK") == [("0",), ("1",)]
    assert all(process.presumed for process in job.processes)


def test_a_worker_of_tensorflow_that_nobody_launches_knows_which_it_is():
    script = """
import json, os
import tensorflow as tf
strategy = tf.distribute.MultiWorkerMirroredStrategy()
print(json.loads(os.environ["TF_CONFIG"])["task"]["type"])
print(strategy.cluster_resolver.task_id)
print(json.loads(os.environ["TF_CONFIG"])["cluster"])
"""
    processes = run({"train.py": script}).processes
    told = [printed(process.run) for process in processes if process.run is not None]
    assert [(kind.string, number.integer) for kind, number, _ in told] == [("worker", 0), ("worker", 1)]
    assert not any(cluster.known for _, _, cluster in told)


def test_a_script_whose_workers_make_the_group_is_started_once():
    script = """\
        import torch.distributed as dist
        import torch.multiprocessing as mp

        def work(rank, size):
            dist.init_process_group('nccl', rank=rank, world_size=size)

        if __name__ == '__main__':
            mp.spawn(work, args=(2,), nprocs=2)
        """
    parent, *workers = run({"train.py": script}).processes
    assert parent.launch is None
    assert not parent.presumed
    assert [worker.local for worker in workers] == [0, 1]


SWITCHED = """\
    import argparse
    import torch
    import torch.distributed as dist
    import torch.multiprocessing as mp

    def work(gpu, args):
        if args.{switch}:
            dist.init_process_group('nccl', init_method=args.url, rank=args.node * 2 + gpu, world_size=args.size)

    if __name__ == '__main__':
        parser = argparse.ArgumentParser()
        parser.add_argument('--url', default='env://')
        parser.add_argument('--node', type=int, default=-1)
        parser.add_argument('--size', type=int, default=-1)
        parser.add_argument('--{option}', action='store_true')
        args = parser.parse_args()
        if args.{switch}:
            mp.spawn(work, args=(args,), nprocs=torch.cuda.device_count())
        else:
            work(None, args)
    """


@pytest.mark.parametrize("option", ["multiprocessing-distributed", "use_ddp", "multi-gpu"])
def test_a_script_that_distributes_its_work_with_a_switch_is_presumed_to_be_started_with_it(option: str) -> None:
    job = run({"train.py": SWITCHED.format(switch=option.replace("-", "_"), option=option)})
    parent, *workers = job.processes
    assert parent.presumed == (f"started with --{option}", "on a host with two or more GPUs")
    assert [worker.local for worker in workers] == [0, 1]
    # What else it is given is not known, so that the default of the node's number is none.
    (joined,) = workers[0].run.called("torch.distributed.init_process_group")
    assert joined.argument("rank").is_unknown


@pytest.mark.parametrize("option", ["no-distributed", "verbose"])
def test_other_switches_are_left_alone(option: str) -> None:
    job = run({"train.py": SWITCHED.format(switch=option.replace("-", "_"), option=option)})
    assert all("started with" not in told for process in job.processes for told in process.presumed)


def test_a_script_that_starts_horovod_while_it_is_read_needs_no_main_block():
    job = run({"train.py": "import horovod.torch as hvd\nhvd.init()\n", "lib.py": "def f(hvd):\n    hvd.init()\n"})
    assert variables(job, "HOROVOD_RANK", "HOROVOD_LOCAL_RANK") == [("0", "0"), ("1", "1")]


def test_a_script_that_puts_all_devices_to_work_itself_is_one_process():
    script = "import jax.sharding\nif __name__ == '__main__':\n    print(jax.sharding)\n"
    (process,) = run({"train.py": script}).processes
    assert process.launch is None
    assert not process.presumed


def test_a_script_may_be_what_a_hidden_command_starts():
    script = "import torch.distributed as dist\nif __name__ == '__main__':\n    dist.init_process_group('nccl')\n"
    jobs = runs({"train.py": script, "any.sh": 'torchrun --nproc_per_node=1 "$SCRIPT"\n'})
    assert [job.root for job in jobs] == ["any.sh"]


def test_a_configuration_from_a_here_document_becomes_a_plan():
    job = run(
        {
            "run.sh": """\
                MICRO=4
                CONFIG=./ds.$SLURM_JOB_ID.json
                cat > $CONFIG <<EOT
                {"train_micro_batch_size_per_gpu": $MICRO, "train_batch_size": $GLOBAL, "fp16": {"enabled": true}}
                EOT
                deepspeed --num_gpus 2 train.py --deepspeed_config $CONFIG
                """,
            "train.py": TRAIN,
        }
    )
    (plan,) = job.plans
    assert plan.micro_batch.integer == 4
    assert plan.global_batch.is_unknown
    assert plan.fp16.constant is True


def test_megatron_options_become_a_plan_though_the_program_is_elsewhere():
    job = run(
        {
            "run.sh": """\
                TP=4
                MODEL="--num-layers 24 --num-attention-heads 16 --seq-length 2048"
                torchrun --nproc_per_node=8 pretrain_gpt.py --tensor-model-parallel-size $TP $MODEL --bf16
                """,
        }
    )
    (plan,) = job.plans
    assert (plan.tensor.integer, plan.layers.integer, plan.heads.integer) == (4, 24, 16)
    assert plan.data_parallel.integer == 2


def test_a_job_of_16384_ranks_costs_no_more_than_a_small_one():
    job = {
        "job.sbatch": """\
            #!/bin/bash
            #SBATCH --nodes={}
            #SBATCH --ntasks-per-node=1
            #SBATCH --gpus-per-node=8
            srun bash -c 'torchrun --nnodes=$SLURM_NNODES --nproc_per_node=8 --node_rank=$SLURM_NODEID train.py'
            """,
        "train.py": TRAIN,
    }
    small, large = ({**job, "job.sbatch": job["job.sbatch"].format(nodes)} for nodes in (4, 2048))
    started = time.perf_counter()
    run(small)
    middle = time.perf_counter()
    ranks = variables(run(large), "RANK")
    assert ranks[-1] == ("16383",)
    assert time.perf_counter() - middle < 5 * (middle - started) + 0.5


def test_of_many_launches_the_last_ones_are_not_followed_and_nothing_is_claimed_of_them():
    long = "".join(f"x{number} = [{number}]\n" for number in range(9_000))
    script = f"import os\n{long}os.environ['MASTER_PORT'] = '1'\n"
    launches = "".join(f"torchrun --nproc_per_node=2 train.py --seed {number}\n" for number in range(20))
    job = run({"run.sh": launches, "train.py": script})
    followed = [process.run is not None and not process.run.truncated for process in job.processes]
    assert len(followed) == 40
    # Each process takes 27,000 steps, so ten of them reach the 250,000 that all may take together.
    assert followed == [True] * 10 + [False] * 30
    assert job.processes[0].variable("MASTER_PORT").string == "1"
    assert job.processes[-1].variable("MASTER_PORT").is_unknown


def test_the_run_as_a_graph_leads_from_launch_to_script():
    import networkx

    job = run({"run.sh": "torchrun --nproc_per_node=2 train.py\n", "train.py": TRAIN})
    graph = job.graph()
    assert networkx.has_path(graph, job.launches[0], "train.py")
    connections = job.connections()
    assert list(graph.nodes.data("label")) == [(thing, look.label) for thing, look in connections.nodes.items()]
    assert list(graph.edges.data("kind")) == list(connections.edges())


ON_TOP = "import torch.distributed as dist\n{before}dist.init_process_group('nccl')\n"
IN_MAIN = "import torch.distributed as dist\ndef main():\n    dist.init_process_group()\n"
GUARDED = "import torch.distributed as dist\nif __name__ == '__main__':\n    dist.init_process_group('nccl')\n"

IMPORTING = (
    "from torch.nn.parallel import DistributedDataParallel\nfrom lib import {name}\n"
    "if __name__ == '__main__':\n    {call}\n"
)
MAKING = "import torch.distributed as dist\ndef start():\n    dist.init_process_group()\n"
SPAWNING = (
    "import torch.multiprocessing as mp\nimport torch.distributed as dist\n"
    "def work(rank, f):\n    dist.init_process_group('nccl', 'tcp://127.0.0.1:9', rank=rank, world_size=2)\n    f()\n"
    "def launch(f):\n    mp.spawn(work, (f,), nprocs=2)\n"
)


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"train.py": GUARDED}, ["train.py"]),
        ({"train.py": IMPORTING.format(name="start", call="start()"), "lib.py": MAKING}, ["train.py"]),
        ({"train.py": IMPORTING.format(name="start", call="print(start)"), "lib.py": MAKING}, []),
        ({"train.py": IMPORTING.format(name="launch", call="launch(print)"), "lib.py": SPAWNING}, ["train.py"]),
        ({"train.py": ON_TOP.format(before="")}, ["train.py"]),
        ({"train.py": "from accelerate import Accelerator\naccelerator = Accelerator()\n"}, ["train.py"]),
        ({"train.py": IN_MAIN + "main()\n"}, ["train.py"]),
        ({"train.py": IN_MAIN}, []),
        ({"train.py": ON_TOP.format(before="if a():\n    x = 1\nelse:\n    ")}, ["train.py"]),
        ({"lib.py": ON_TOP.format(before=""), "train.py": "import lib\n"}, []),
        ({"lib/part.py": ON_TOP.format(before=""), "train.py": "from lib import part\n"}, []),
        ({"lib/part.py": ON_TOP.format(before=""), "lib/__init__.py": ""}, []),
        ({"test_a.py": ON_TOP.format(before=""), "a_test.py": ON_TOP.format(before=""), "setup.py": ON_TOP}, []),
        ({"lib.py": "import torch.distributed as dist\nclass A:\n    dist.init_process_group()\n"}, []),
        ({"lib.py": IN_MAIN, "train.py": "import lib\nif __name__ == '__main__':\n    lib.main()\n"}, ["train.py"]),
        ({"lib.py": IN_MAIN, "train.py": "from lib import main\nmain()\n"}, ["train.py"]),
        ({"a/lib.py": IN_MAIN, "a/engine.py": "from .lib import (\n    main,\n)\ndef run():\n    main()\n",
          "train.py": "from a import engine\nif __name__ == '__main__':\n    engine.run()\n"}, ["train.py"]),
        ({"lib.py": IN_MAIN, "show.py": "import lib\nif __name__ == '__main__':\n    print(lib)\n"}, []),
        ({"lib.py": IN_MAIN, "eval.py": "import lib\nif __name__ == '__main__':\n    if a():\n        lib.main()\n"},
         []),
        ({"lib.py": IN_MAIN, "part.py": "from lib import main\nmain()\n", "all.py": "import part\n"}, []),
    ],
)  # fmt: skip
def test_scripts_that_nobody_launches(files: dict[str, str], expected: list[str]) -> None:
    assert [job.root for job in runs(files) if job.unlaunched and job.worlds] == expected


def test_one_command_precedes_another_that_waits_for_its_end():
    job = run(
        {
            "run.sh": "#!/bin/bash\nssh a 'python train.py'\nssh b 'python train.py' &\nssh c 'python train.py'\n",
            "train.py": "",
        }
    )
    first, second, third = (process.exec for process in job.processes)
    assert first.precedes(second)
    assert first.precedes(third)
    assert not second.precedes(third)
    assert not third.precedes(second)


def test_where_a_library_may_make_a_group_a_script_is_a_job_if_it_trains_on_several_processes():
    begins = "import lib\nimport torch\nif __name__ == '__main__':\n    if input():\n        lib.main()\n"
    wraps = "    torch.nn.parallel.DistributedDataParallel(torch.nn.Linear(2, 2))\n"
    assert [process.script for process in run({"lib.py": IN_MAIN, "go.py": begins + wraps}).processes] == ["go.py"] * 2
    assert not any(job.processes for job in runs({"lib.py": IN_MAIN, "go.py": begins}))


@pytest.mark.parametrize(
    "script",
    [
        "import tensorflow as tf\nstrategy = tf.distribute.MirroredStrategy()\n",
        "import tensorflow as tf\n\n\nclass Job:\n    def __init__(self):\n"
        "        self.strategy = tf.distribute.MirroredStrategy()\n\n\nJob()\n",
    ],
)
def test_a_script_that_drives_all_devices_needs_no_main_block(script):
    (process,) = run({"train.py": script}).processes
    assert process.launch is None


def test_a_module_that_drives_all_devices_for_another_is_no_program():
    library = "import tensorflow as tf\nSTRATEGY = tf.distribute.MirroredStrategy()\n"
    assert runs({"lib.py": library, "train.py": "import lib\nprint(lib.STRATEGY)\n"}) == []


def test_who_launches_a_script_gives_the_arguments_that_it_asks_for():
    script = "import sys\nimport horovod.torch as hvd\nhvd.init()\nprint(sys.argv[1])\n"
    presumed = run({"train.py": script}).processes[0].run
    assert presumed is not None
    assert presumed.failure is None
    launched = run({"train.py": script, "go.sh": "horovodrun -np 2 python train.py\n"}).processes[0].run
    assert launched is not None
    assert launched.failure is not None
STARTER = """\
    import os
    import subprocess
    import sys

    options = {"lr": 0.1, "epochs": 3, "name": None, "size": 5, "seed": 7}

    def words():
        for name, value in options.items():
            if value is not None:
                yield f"--{name}={value}"

    if __name__ == "__main__":
        launcher = [sys.executable, "-m", "torch.distributed.run", "--nproc_per_node", "4", "train.py", *words()]
        subprocess.run(launcher, env={**os.environ, "NCCL_DEBUG": "INFO"}, cwd="src", check=True)
    """


def test_a_python_script_that_starts_a_launcher_is_a_launch_script():
    train = "import torch.distributed\ntorch.distributed.init_process_group()\n"
    job = run({"start.py": STARTER, "src/train.py": train})
    assert variables(job, "RANK", "WORLD_SIZE", "NCCL_DEBUG") == [(rank, "4", "INFO") for rank in ("0", "1", "3")]
    assert [word.string for word in job.processes[0].arguments] == ["--lr=0.1", "--epochs=3", "--size=5", "--seed=7"]
    assert job.processes[0].script == "src/train.py"


def test_a_command_of_a_shell_that_a_python_script_starts_is_read_as_one():
    text = 'import os\nos.system("OMP_NUM_THREADS=2 torchrun --nproc_per_node=2 train.py")\n'
    job = run({"start.py": text, "train.py": TRAIN})
    assert variables(job, "RANK", "OMP_NUM_THREADS") == [("0", "2"), ("1", "2")]


def test_a_launcher_that_a_python_script_may_start_is_not_claimed():
    text = 'import os, subprocess\nif os.environ["GO"]:\n    subprocess.run(["torchrun", "train.py"])\n'
    assert not any(job.launches for job in runs({"start.py": text, "train.py": TRAIN}))
