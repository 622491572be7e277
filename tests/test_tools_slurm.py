"""What Slurm grants and starts: the numbers follow from its manuals and sources, which tools/slurm.py names."""

from __future__ import annotations

import pytest

from tests.test_jobs import TRAIN, run, runs, variables


def step(header: str, command: str, before: str = ""):
    lines = "".join(f"#SBATCH {option}\n" for option in header.split("|"))
    job = run({"job.sbatch": f"#!/bin/bash\n{lines}{before}\n{command} python train.py\n", "train.py": TRAIN})
    (launch,) = [launch for launch in job.launches if launch.tool == "srun"]
    return job, launch


@pytest.mark.parametrize(
    ("header", "command", "nodes", "per_node", "total"),
    [
        ("--nodes=2", "srun", 2, 1, 2),
        ("--nodes=2|--ntasks-per-node=4", "srun", 2, 4, 8),
        ("-N2|--tasks-per-node=4", "srun", 2, 4, 8),
        # Seven and one where nodes are shared (seen with Slurm 22.05), four and four on whole nodes.
        ("--nodes=2|--ntasks=8", "srun", 2, None, 8),
        ("--nodes=2|--ntasks=8|--exclusive", "srun", 2, 4, 8),
        ("--nodes=2|--ntasks-per-node=4", "srun -N1", 1, 4, 4),
        # SLURM_NTASKS=8 comes with the job and wins over the step's own number of tasks per node.
        ("--nodes=2|--ntasks-per-node=4", "srun --ntasks-per-node=1", 2, 4, 8),
        ("--nodes=2|--ntasks-per-node=4", "srun -n2 --ntasks-per-node=1", 2, 1, 2),
        ("--nodes=2|--ntasks-per-node=4", "srun -N2 --ntasks-per-node=1", 2, 1, 2),
        # -N alone does not take back the number of tasks.
        ("--nodes=4|--ntasks=8|--exclusive", "srun --nodes=2", 2, 4, 8),
        ("--nodes=4", "srun --ntasks=2", 2, 1, 2),
        ("--ntasks=1", "srun", 1, 1, 1),
        # As many as fit, where the step says the CPUs of a task and nothing says how many tasks.
        ("--nodes=2|--cpus-per-task=32", "srun -c 8", 2, 4, 8),
        ("--nodes=2|--cpus-per-task=32", "srun --cpus-per-task=32", 2, 1, 2),
        ("--nodes=2|--cpus-per-task=32|--ntasks-per-node=1", "srun -c 8", 2, 1, 2),
    ],
)
def test_how_many_tasks_a_step_has(header, command, nodes, per_node, total):
    _, launch = step(header, command)
    assert (launch.nodes.integer, launch.per_node.integer, launch.total.integer) == (nodes, per_node, total)


@pytest.mark.parametrize("header", ["--nodes=2|--gpus=8|--ntasks-per-gpu=1", "--nodes=2|--gpus=8|--gpus-per-task=1"])
def test_tasks_that_slurm_counts_by_gpus_are_not_counted_here(header):
    _, launch = step(header, "srun")
    assert launch.total.is_unknown
    assert launch.per_node.is_unknown


def test_a_script_may_change_what_its_steps_inherit():
    _, launch = step("--nodes=2|--ntasks-per-node=4", "srun", "export SLURM_NTASKS=2")
    assert (launch.total.integer, launch.per_node.integer) == (2, 1)
    _, launch = step("--nodes=2|--ntasks-per-node=4", "srun --ntasks-per-node=1", "unset SLURM_NTASKS")
    assert (launch.total.integer, launch.per_node.integer) == (2, 1)


@pytest.mark.parametrize(
    "options",
    [
        "-lu",
        "-ul --mpi=pmix",
        "--multi-prog",
        "--kill-on-bad-exit --exclusive",
        "-K --overlap",
        "-K1 -W 0",
        "--cpu_bind=none --mem-bind=local",
        "-c 4 --hint=nomultithread",
        "-p gpu -A me -t 1:00 -J name -x bad",
        "--container-entrypoint --container-name=me:exec --no-container-mount-home --container-mounts /a:/b",
        "--cpu-freq high --prolog /bin/true --treewidth 8 --het-group 0",
        "--job-n me",
        "--propagate --pty --x11 --bcast --nice --no-kill",
        "--time 1:00 --label --",
    ],
)
def test_the_program_stands_behind_all_options(options):
    job, launch = step("--nodes=1", f"srun {options}")
    assert [word.string for word in launch.options.rest] == ["python", "train.py"]
    assert launch.options.strange == ()
    assert {process.script for process in job.processes} == {"train.py"}


@pytest.mark.parametrize(
    ("export", "found"),
    [
        ("", ("1", "2")),
        ("--export=ALL", ("1", "2")),
        ("--export=NONE", (None, None)),
        ("--export=A", ("1", None)),
        ("--export=A,C=3", ("1", None)),
        # What the caller has wins over what is written, unlike in sbatch.
        ("--export=ALL,A=5", ("1", "2")),
        ("--export=A=5", ("5", None)),
        ("--export=\"ALL,D='x,y'\"", ("1", "2")),
    ],
)
def test_what_reaches_the_tasks(export, found):
    job, _ = step("--nodes=1", f"srun {export}", "export A=1 B=2")
    assert variables(job, "A", "B") == [found]
    assert variables(job, "SLURM_PROCID") == [("0",)]


def test_values_that_srun_adds():
    job, _ = step("--nodes=1", "srun --export='ALL,C=3,D=\"x,y\"'", "export A=1")
    assert variables(job, "A", "C", "D") == [("1", "3", "x,y")]


def test_the_export_of_a_job_reaches_its_steps():
    job, _ = step("--nodes=1|--export=NONE", "srun", "export A=1")
    assert variables(job, "A", "SLURM_EXPORT_ENV") == [(None, "NONE")]
    job, _ = step("--nodes=1|--export=NONE", "srun --export=ALL", "export A=1")
    assert variables(job, "A") == [("1",)]
    job, _ = step("--nodes=1|--export=NONE", "srun", "export A=1\nunset SLURM_EXPORT_ENV")
    assert variables(job, "A") == [("1",)]


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ("", ("1", "2")),
        ("--export=NONE", (None, None)),
        ("--export=ALL,A=5", ("5", "2")),
        ("--export=B,C=7", (None, "2")),
    ],
)
def test_what_a_submitted_script_finds(options, found):
    jobs = runs(
        {
            "submit.sh": f"export A=1 B=2\nsbatch {options} job.sbatch\n",
            "job.sbatch": "#!/bin/bash\n#SBATCH --nodes=1\npython train.py\n",
            "train.py": TRAIN,
        }
    )
    (job,) = [job for job in jobs if job.allocation]
    assert variables(job, "A", "B") == [found]


def test_slurm_sets_the_visible_gpus_of_a_step_anew():
    before = "export CUDA_VISIBLE_DEVICES=0,1"
    job, _ = step("--nodes=1|--gpus-per-node=4", "srun", before)
    (process,) = job.processes
    assert process.environment.get("CUDA_VISIBLE_DEVICES").is_unknown
    job, _ = step("--nodes=1", "srun", before)
    assert variables(job, "CUDA_VISIBLE_DEVICES") == [("0,1",)]


@pytest.mark.parametrize(
    ("header", "command", "devices"),
    [
        ("--ntasks=4|--gpus-per-task=1", "srun", "0"),
        ("--ntasks=4|--gres=gpu:4", "srun --gpu-bind=single:1", "0"),
        ("--ntasks=4|--gpus-per-task=1", "srun --gpu-bind=none", None),
        ("--ntasks=4|--gres=gpu:4", "srun --tres-bind=gres/gpu:closest", None),
    ],
)
def test_tasks_that_are_bound_to_one_gpu_see_device_0(header, command, devices):
    job, _ = step(f"--nodes=1|{header}", command)
    assert {process.environment.get("CUDA_VISIBLE_DEVICES").string for process in job.processes} == {devices}


def test_lines_behind_the_first_command_are_no_header():
    job = run(
        {
            "job.sbatch": "#!/bin/bash\n\n# of two\n#SBATCH --nodes=2\nset -e\n#SBATCH --ntasks-per-node=4\n"
            "srun python train.py\n",
            "train.py": "",
        }
    )
    assert job.allocation.nodes.integer == 2
    assert job.allocation.tasks_per_node.is_absent
    assert [word.string for word in job.allocation.unread] == ["--ntasks-per-node=4"]


@pytest.mark.parametrize(
    ("header", "command", "places"),
    [
        ("--nodes=2|--ntasks-per-node=2", "srun", [(0, 0), (0, 1), (1, 0), (1, 1)]),
        ("--nodes=2|--ntasks-per-node=2|--distribution=block:cyclic", "srun", [(0, 0), (0, 1), (1, 0), (1, 1)]),
        ("--nodes=2|--ntasks-per-node=2|--distribution=cyclic", "srun", [(0, 0), (1, 0), (0, 1), (1, 1)]),
        ("--nodes=2|--ntasks-per-node=2", "srun -m cyclic", [(0, 0), (1, 0), (0, 1), (1, 1)]),
    ],
)
def test_ranks_are_dealt_out_as_the_distribution_says(header: str, command: str, places: list[tuple[int, int]]) -> None:
    """Node and local rank by rank, as two nodes of Slurm 22.05 showed them."""
    job, _ = step(header, command)
    found = {process.variable("SLURM_PROCID").string: (process.node, process.local) for process in job.processes}
    assert found == {str(rank): place for rank, place in enumerate(places)}


def test_another_distribution_leaves_the_ranks_open() -> None:
    job, _ = step("--nodes=2|--ntasks-per-node=2", "srun -m plane=2")
    assert all(process.variable("SLURM_PROCID").is_unknown for process in job.processes)


@pytest.mark.parametrize(
    ("header", "gpus"),
    [("--nodes=2|--gpus=4", None), ("--nodes=2|--gpus=4|--exclusive", None), ("-N2|--gpus=2", 1), ("--gpus=4", 4)],
)
def test_gpus_of_a_whole_job_need_not_be_spread_evenly(header: str, gpus: int | None) -> None:
    job, _ = step(header, "srun")
    assert job.allocation is not None
    assert job.allocation.gpus_per_node.integer == gpus


def test_a_step_with_gpus_of_its_own_says_another_number() -> None:
    job, _ = step("--gres=gpu:2", "srun --gres=gpu:1")
    assert job.processes[0].variable("SLURM_GPUS_ON_NODE").is_unknown
