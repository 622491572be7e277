"""Variables that Slurm's commands read, `salloc`, and jobs of several components: tools/slurm_variables.py and its
neighbours name the sources."""

from __future__ import annotations

import pytest

from dtlint.job.run import Run
from tests.test_jobs import TRAIN, run, runs


def submitted(by: str, header: str = "--nodes=2|--gpus-per-node=8") -> Run:
    lines = "".join(f"#SBATCH {option}\n" for option in header.split("|"))
    files = {
        "submit.sh": f"#!/bin/bash\n{by}\n",
        "job.sbatch": f"#!/bin/bash\n{lines}srun python train.py\n",
        "train.py": TRAIN,
    }
    (job,) = [job for job in runs(files) if job.root == "job.sbatch"]
    return job


@pytest.mark.parametrize(
    ("by", "header", "gpus"),
    [
        ("export SBATCH_GPUS_PER_NODE=4\nsbatch job.sbatch", "--nodes=2|--gpus-per-node=8", 4),
        ("SBATCH_GPUS_PER_NODE=4 sbatch job.sbatch", "--nodes=2|--gpus-per-node=8", 4),
        ("SBATCH_GPUS_PER_NODE=4 sbatch --gpus-per-node=2 job.sbatch", "--nodes=2|--gpus-per-node=8", 2),
        ("SBATCH_GRES=gpu:a100:4 sbatch job.sbatch", "--nodes=2|--gres=gpu:8", 4),
        ("SBATCH_GPUS_PER_NODE=$GPUS sbatch job.sbatch", "--nodes=2|--gpus-per-node=8", None),
        ("SBATCH_GPUS_PER_NODE=4; sbatch job.sbatch", "--nodes=2|--gpus-per-node=8", 8),
        ("SALLOC_GPUS_PER_NODE=4 sbatch job.sbatch", "--nodes=2|--gpus-per-node=8", 8),
    ],
)
def test_variables_win_over_the_header_and_options_over_both(by: str, header: str, gpus: int | None) -> None:
    job = submitted(by, header)
    assert job.allocation is not None
    assert job.allocation.gpus_per_node.integer == gpus
    assert job.allocation.nodes.integer == 2


def test_what_a_variable_asks_for_reaches_the_script() -> None:
    job = submitted("export SBATCH_GPUS_PER_NODE=a100:4\nsbatch job.sbatch")
    (step,) = job.launches
    assert step.environment.get("SLURM_GPUS_PER_NODE").string == "a100:4"
    assert step.environment.get("SBATCH_GPUS_PER_NODE").string == "a100:4"


def test_an_exported_list_of_variables_by_variable() -> None:
    job = submitted("export SBATCH_EXPORT=NAME SECRET=1 NAME=me\nsbatch job.sbatch")
    (step,) = job.launches
    assert step.environment.get("NAME").string == "me"
    assert not step.environment.set("SECRET")


@pytest.mark.parametrize(
    ("before", "total"),
    [
        ("export SLURM_NTASKS=4", 4),
        ("export SLURM_NTASKS_PER_NODE=4 SLURM_JOB_NUM_NODES=2", 8),
        ("export SLURM_GPUS_PER_NODE=4", 1),
    ],
)
def test_srun_reads_variables_where_nothing_was_granted(before: str, total: int) -> None:
    job = run({"run.sh": f"#!/bin/bash\n{before}\nsrun python train.py\n", "train.py": TRAIN})
    (step,) = job.launches
    assert step.total.integer == total
    if "GPUS" in before:
        assert step.allocation is not None
        assert step.allocation.gpus_per_node.integer == 4


@pytest.mark.parametrize(("before", "seen"), [("", "0"), ("export SLURM_GPUS_PER_TASK=2", None)])
def test_a_script_may_change_the_gpus_of_its_tasks(before: str, seen: str | None) -> None:
    header = "#!/bin/bash\n#SBATCH --ntasks=4 --gpus-per-task=1\n"
    job = run({"job.sbatch": f"{header}{before}\nsrun python train.py\n", "train.py": TRAIN})
    assert {process.variable("CUDA_VISIBLE_DEVICES").string for process in job.processes} == {seen}


def test_gpus_of_a_step_by_variable_are_not_those_of_the_job() -> None:
    header = "#!/bin/bash\n#SBATCH --gres=gpu:2\n"
    job = run({"job.sbatch": f"{header}export SLURM_GRES=gpu:1\nsrun python train.py\n", "train.py": TRAIN})
    assert job.processes[0].variable("SLURM_GPUS_ON_NODE").is_unknown


@pytest.mark.parametrize(("cpus", "seen"), [("$SLURM_CPUS_PER_TASK", "12"), ("6", None)])
def test_cpus_of_a_step_by_the_variable_of_two_releases(cpus: str, seen: str | None) -> None:
    header = "#!/bin/bash\n#SBATCH --ntasks=2 --cpus-per-task=12\n"
    job = run({"job.sbatch": f"{header}export SRUN_CPUS_PER_TASK={cpus}\nsrun python train.py\n", "train.py": TRAIN})
    assert job.processes[0].variable("SLURM_CPUS_PER_TASK").string == seen


@pytest.mark.parametrize("name", ["SLURM_EXPORT_ENV", "SRUN_EXPORT_ENV"])
def test_what_a_step_exports_by_variable(name: str) -> None:
    header = "#!/bin/bash\n#SBATCH --ntasks=2\n"
    job = run({"job.sbatch": f"{header}export SECRET=1 {name}=NONE\nsrun python train.py\n", "train.py": TRAIN})
    assert not job.processes[0].environment.set("SECRET")


def test_srun_has_a_variable_of_its_own_that_wins() -> None:
    header = "#!/bin/bash\n#SBATCH --ntasks=2\n"
    both = "export SECRET=1 SLURM_EXPORT_ENV=NONE SRUN_EXPORT_ENV=ALL"
    job = run({"job.sbatch": f"{header}{both}\nsrun python train.py\n", "train.py": TRAIN})
    assert job.processes[0].variable("SECRET").string == "1"


# -- salloc


@pytest.mark.parametrize(
    "command",
    [
        "salloc -N2 --ntasks-per-node=4 --gpus-per-node=4 srun python train.py",
        "salloc --nodes=2 --ntasks-per-node 4 -I --gres=gpu:4 --no-bell -- srun python train.py",
        "SALLOC_GPUS_PER_NODE=4 salloc -N2 -n8 --exclusive bash -c 'srun python train.py'",
        "salloc -N 2 --ntasks-per-node=4 --gpus-per-node=4 bash steps.sh",
    ],
)
def test_steps_of_what_salloc_runs_are_on_its_nodes(command: str) -> None:
    files = {
        "run.sh": f"#!/bin/bash\n{command}\n",
        "steps.sh": "#!/bin/bash\necho $SLURM_NNODES\nsrun python train.py\n",
        "train.py": TRAIN,
    }
    (job,) = [job for job in runs(files) if job.root == "run.sh"]
    (step,) = [launch for launch in job.launches if launch.tool == "srun"]
    assert (step.nodes.integer, step.per_node.integer, step.total.integer) == (2, 4, 8)
    assert step.allocation is not None
    assert step.allocation.gpus_per_node.integer == 4
    assert {process.variable("SLURM_NNODES").string for process in job.processes} == {"2"}


def test_the_command_of_salloc_is_no_task() -> None:
    job = run({"run.sh": "#!/bin/bash\nsalloc -N2 -n8 python train.py\n", "train.py": TRAIN})
    (process,) = job.processes
    assert process.variable("SLURM_NTASKS").string == "8"
    assert process.variable("SLURM_PROCID").is_unknown
    assert job.allocation is None


@pytest.mark.parametrize("command", ["salloc -N2", "salloc -N2 --no-shell", "salloc $OPTIONS srun python train.py"])
def test_a_shell_in_which_somebody_types_is_not_followed(command: str) -> None:
    jobs = runs({"run.sh": f"#!/bin/bash\n{command}\n", "train.py": TRAIN})
    assert not [launch for job in jobs for launch in job.launches if launch.tool in ("salloc", "srun")]


# -- components

MIXED = """#!/bin/bash
#SBATCH --nodes=1 --ntasks=1
#SBATCH hetjob
#SBATCH --nodes=4 --ntasks-per-node=8 --gres=gpu:8
"""


@pytest.mark.parametrize(
    ("command", "nodes", "per_node", "gpus"),
    [
        ("srun python train.py", 1, 1, None),
        ("srun --het-group=0 python train.py", 1, 1, None),
        ("srun --het-group=1 python train.py", 4, 8, 8),
        ("srun --het-group=1 --ntasks-per-node=1 --nodes=2 python train.py", 2, 1, 8),
    ],
)
def test_a_step_runs_on_the_component_that_it_names(
    command: str, nodes: int, per_node: int, gpus: int | None
) -> None:
    job = run({"job.sbatch": f"{MIXED}{command}\n", "train.py": TRAIN})
    (step,) = job.launches
    assert step.allocation is not None
    assert (step.nodes.integer, step.per_node.integer) == (nodes, per_node)
    assert step.allocation.gpus_per_node.integer == gpus
    assert job.allocation is not None
    assert [part.nodes.integer for part in job.allocation.parts] == [1, 4]


def test_nodes_of_components_have_names_of_their_own() -> None:
    steps = "srun --het-group=0 python train.py &\nsrun --het-group=1 python train.py &\nwait\n"
    job = run({"job.sbatch": f"{MIXED}{steps}", "train.py": TRAIN})
    first, second = (launch.children[0].host for launch in job.launches)
    assert not first.is_(second)
    assert not first.name.same(second.name)


@pytest.mark.parametrize("command", ["srun --het-group=0,1", "srun --het-group=$WHICH", "srun -n1 hostname : -n2"])
def test_nothing_is_said_of_steps_on_several_components(command: str) -> None:
    jobs = runs({"job.sbatch": f"{MIXED}{command} python train.py\n", "train.py": TRAIN})
    assert not [process for job in jobs for process in job.processes]


def test_the_list_of_a_components_nodes_is_not_that_of_the_first() -> None:
    lines = "FIRST=$(scontrol show hostnames $SLURM_JOB_NODELIST_HET_GROUP_1 | head -1)\nexport FIRST\n"
    job = run({"job.sbatch": f"{MIXED}{lines}srun python train.py\n", "train.py": TRAIN})
    assert job.allocation is not None
    found = job.processes[0].variable("FIRST")
    assert found.is_unknown
    assert not found.same(job.allocation.hosts[0].name)


def test_a_component_without_tasks_may_take_those_of_the_first() -> None:
    header = "#!/bin/bash\n#SBATCH --nodes=1 --ntasks=8\n#SBATCH packjob\n#SBATCH --nodes=4\n"
    job = run({"job.sbatch": f"{header}srun --pack-group=1 python train.py\n", "train.py": TRAIN})
    assert job.launches[0].total.is_unknown


def test_components_on_the_command_line() -> None:
    job = submitted("sbatch -N1 : -N4 --gpus-per-node=2 job.sbatch", "--time=10")
    assert job.allocation is not None
    assert [part.nodes.integer for part in job.allocation.parts] == [1, 4]
    assert job.launches[0].environment.get("SLURM_JOB_NUM_NODES_HET_GROUP_1").string == "4"
