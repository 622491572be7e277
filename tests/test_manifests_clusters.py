"""Experiments of Determined, jobs of NVIDIA FLARE and queued Jobs: the modules that read them name the sources."""

from __future__ import annotations

import pytest

from dtlint.job.admission import refusals
from dtlint.job.run import Run
from dtlint.job.site import Cluster
from dtlint.run.jobs import Jobs
from dtlint.value import absent
from tests.memory_files import MemoryFiles

TRAIN = "import os\nprint(os.environ['RANK'])\n"


def jobs(files: dict[str, str]) -> list[Run]:
    found = Jobs(
        files=MemoryFiles(files),
        shells=(),
        scripts=sorted(path for path in files if path.endswith(".py")),
        cluster=Cluster(absent(), absent()),
        manifests=sorted(path for path in files if path.endswith((".yaml", ".json"))),
    )
    return found.runs()


def experiment(resources: str, entrypoint: str) -> Run:
    text = f"name: birds\nentrypoint: {entrypoint}\nresources:\n  {resources}\nsearcher:\n  name: single\n"
    (found,) = jobs({"const.yaml": text, "train.py": TRAIN})
    return found


TORCH = "python3 -m determined.launch.torch_distributed"


@pytest.mark.parametrize("entrypoint", [f"{TORCH} python3 train.py", f"{TORCH} -- python3 train.py"])
def test_a_process_of_determined_for_each_slot(entrypoint: str) -> None:
    found = experiment("slots_per_trial: 4", entrypoint)
    (process,) = found.processes
    assert process.script == "train.py"
    assert (process.variable("RANK").string, process.variable("WORLD_SIZE").string) == ("0", "4")
    assert process.variable("LOCAL_WORLD_SIZE").is_unknown
    assert process.launch is not None
    assert process.launch.total.integer == 4
    assert process.launch.nodes.is_unknown


def test_one_slot_is_one_gpu() -> None:
    found = experiment("slots_per_trial: 1", f"{TORCH} python3 train.py")
    (process,) = found.processes
    assert process.host.gpus.integer == 1
    assert process.variable("LOCAL_WORLD_SIZE").string == "1"


@pytest.mark.parametrize(
    "entrypoint",
    [
        "python3 train.py",
        "[python3, train.py]",
        f"{TORCH} --nnodes 1 -- python3 train.py",
        f"{TORCH} --trial model_def:Trial",
    ],
)
def test_what_is_started_otherwise_has_no_known_rank(entrypoint: str) -> None:
    found = experiment("slots_per_trial: 4", entrypoint)
    assert not [process for process in found.processes if process.variable("RANK").known]


def test_the_class_of_a_trial_is_no_script() -> None:
    assert not experiment("slots_per_trial: 4", "model_def:Trial").processes


def reasons(path: str, text: str) -> list[str]:
    (found,) = jobs({path: text})
    told = [refusal for workload in found.workloads for refusal in refusals(workload)]
    return [refusal.reason for refusal in told if refusal.when.always]


@pytest.mark.parametrize(
    ("deployed", "clients", "said"),
    [
        ('{"app": ["@ALL"]}', "8", ""),
        ('{"app": ["server", "site-1", "site-2"]}', "2", ""),
        ('{"app": ["server", "site-1", "site-2"]}', "3", "min_clients is 3, but its deploy_map names 2 clients"),
        ('{"s": {"sites": ["server"]}, "c": [{"targets": ["site-1"]}]}', "2", "names 1 client"),
        ('{"app": ["site-1"]}', "1", "sends nothing to the server"),
        ('{"app": ["@ALL", "site-1"]}', "1", "no other site"),
        ('{"a": ["server", "site-1"], "b": ["site-1"]}', "1", "several apps to site-1"),
        ('{"app": ["server", "site-1"]}', "0", "must be above 0"),
        ('{"app": "{sites}"}', "3", ""),
        ('{"app": ["server", "{{ site }}"]}', "3", ""),
    ],
)
def test_jobs_that_nvidia_flare_refuses(deployed: str, clients: str, said: str) -> None:
    found = reasons("jobs/a/meta.json", f'{{"deploy_map": {deployed}, "min_clients": {clients}}}')
    assert [said in reason for reason in found] == ([True] if said else [])


@pytest.mark.parametrize(
    ("label", "least", "refused"), [("queue-name", 4, True), ("queue-name", 2, False), ("x", 4, False)]
)
def test_partial_admission_by_kueue(label: str, least: int, refused: bool) -> None:
    text = f"""\
apiVersion: batch/v1
kind: Job
metadata:
  name: a
  labels: {{kueue.x-k8s.io/{label}: gpus}}
  annotations: {{kueue.x-k8s.io/job-min-parallelism: "{least}"}}
spec:
  parallelism: 4
  template:
    spec:
      restartPolicy: Never
      containers: [{{name: a, image: b, command: [python, train.py]}}]
"""
    assert bool(reasons("job.yaml", text)) is refused
