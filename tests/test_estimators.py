"""Jobs submitted to SageMaker: what the toolkit starts on each host, worked out by hand from its sources."""

from __future__ import annotations

import textwrap

import pytest

from dtlint.job.run import Run
from dtlint.job.site import Cluster
from dtlint.run.jobs import Jobs
from dtlint.value import absent
from tests.memory_files import MemoryFiles

SUBMIT = """\
    import sagemaker
    from sagemaker.pytorch import PyTorch

    estimator = PyTorch(
        entry_point="train.py",
        source_dir="code",
        role="trainer",
        instance_type="KIND",
        instance_count=COUNT,
        distribution=DISTRIBUTION,
        hyperparameters={"epochs": 3, "lr": 0.1},
    )
    estimator.fit("s3://lab/rows")
    """
MPI = '{"mpi": {"enabled": True, "processes_per_host": 4}}'
TORCHRUN = '{"torch_distributed": {"enabled": True}}'


def submitted(distribution: str, kind: str = "ml.g5.12xlarge", count: str = "2", text: str = SUBMIT) -> list[Run]:
    text = text.replace("DISTRIBUTION", distribution).replace("KIND", kind).replace("COUNT", count)
    jobs = Jobs(
        files=MemoryFiles({"jobs/submit.py": textwrap.dedent(text), "jobs/code/train.py": "print()\n"}),
        shells=(),
        scripts=["jobs/submit.py", "jobs/code/train.py"],
        cluster=Cluster(absent(), absent()),
    )
    runs = jobs.runs()
    assert not any(run.fault for run in runs)
    return runs


def test_torchrun_is_started_on_each_host():
    (run,) = submitted(TORCHRUN)
    (world,) = run.worlds
    assert (world.size.integer, world.first.tool) == (8, "torchrun")
    assert [launch.node_rank.integer for launch in world.launches] == [0, 1]
    assert world.launches[1].rendezvous.address.string == "algo-1"
    assert [word.string for word in world.processes[0].arguments] == ["--epochs", "3", "--lr", "0.1"]
    assert {process.script for process in run.processes} == {"jobs/code/train.py"}


def test_mpirun_is_started_on_the_first_host():
    (run,) = submitted(MPI)
    (world,) = run.worlds
    assert (world.size.integer, world.per_node.integer, world.first.tool) == (8, 4, "mpirun")
    assert [launch.tool for launch in run.launches] == ["SageMaker", "mpirun"]


@pytest.mark.parametrize("distribution", ["None", "{}", '{"mpi": {"enabled": False}}'])
def test_without_a_distribution_each_host_runs_the_script_once(distribution: str):
    (run,) = submitted(distribution, kind="ml.p3.2xlarge")
    assert [process.host.name.string for process in run.processes] == ["algo-1", "algo-2"]
    assert run.processes[0].environment.get("RANK").is_absent
    assert run.processes[1].environment.get("MASTER_ADDR").string == "algo-1"
    assert run.processes[0].host.gpus.integer == 1


@pytest.mark.parametrize(
    "distribution",
    ['{"parameter_server": {"enabled": True}}', "settings.distribution", '{"mpi": {"enabled": True}, "other": {}}'],
)
def test_what_is_not_known_starts_nothing(distribution: str):
    assert submitted(distribution) == []


def test_an_estimator_that_is_never_fitted_starts_nothing():
    assert submitted(TORCHRUN, text=SUBMIT.replace("estimator.fit(", "print(estimator.fit, ")) == []


def test_an_unknown_machine_has_unknown_gpus():
    (run,) = submitted(TORCHRUN, kind="ml.lab.large")
    assert run.worlds[0].size.is_unknown


def test_a_shell_script_is_started_on_each_host():
    text = textwrap.dedent(SUBMIT).replace("train.py", "start.sh").replace("DISTRIBUTION", "None")
    text = text.replace("KIND", "ml.g5.12xlarge").replace("COUNT", "1")
    start = "torchrun --nproc_per_node=$SM_NUM_GPUS train.py $@\n"
    files = {"submit.py": text, "code/start.sh": start, "code/train.py": "print()\n"}
    jobs = Jobs(
        files=MemoryFiles(files),
        shells=["code/start.sh"],
        scripts=["submit.py", "code/train.py"],
        cluster=Cluster(absent(), absent()),
    )
    (run,) = jobs.runs()
    assert (run.root, run.worlds[0].size.integer) == ("submit.py", 4)
    assert run.processes[0].arguments[0].string == "--epochs"
