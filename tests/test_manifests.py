"""From manifests to pods and what their processes find.

The expected variables are those of the operators' own sources, worked out by hand: `setPodEnv` of
pkg/controller.v1/pytorch/envvar.go in kubeflow/training-operator v1.9.0, and the documents of Kubernetes and SkyPilot
that dtlint/tools/manifests names.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from itertools import combinations
from typing import Any

import pytest
import yaml as pyyaml
from hypothesis import given
from hypothesis import strategies as st

from dtlint.job.container import DEFAULT_SHARED_MEMORY
from dtlint.job.run import Run
from dtlint.job.site import Cluster
from dtlint.read import yaml
from dtlint.run.jobs import Jobs
from dtlint.run.link import Linker
from dtlint.run.settings import value_of
from dtlint.source import Source
from dtlint.tools.manifests.quantity import amount, size
from dtlint.tools.manifests.words import word
from dtlint.value import Value, absent, known
from tests.memory_files import MemoryFiles

PYTORCHJOB = """\
    apiVersion: kubeflow.org/v1
    kind: PyTorchJob
    metadata: {name: bert}
    spec:
      SLOTS
      pytorchReplicaSpecs:
        Worker:
          replicas: 2
          template: &pod
            spec:
              containers:
                - name: pytorch
                  image: lab/bert
                  command: COMMAND
                  resources: {limits: {nvidia.com/gpu: 4, cpu: 3500m, memory: 2Gi}}
        Master:
          template: *pod
    """


def manifest(text: str, **files: str) -> Run:
    """The one run of a manifest in a workspace with a script."""
    texts = {"job.yaml": textwrap.dedent(text), "train.py": "print()\n", **files}
    jobs = Jobs(
        files=MemoryFiles(texts), shells=(), scripts=(), manifests=["job.yaml"], cluster=Cluster(absent(), absent())
    )
    (run,) = jobs.runs()
    assert not run.fault
    return run


def pytorchjob(command: str, slots: str = "") -> Run:
    return manifest(PYTORCHJOB.replace("COMMAND", command).replace("SLOTS", slots or "suspend: false"))


def found(run: Run, *names: str) -> list[tuple[str | None, ...]]:
    return [tuple(process.environment.get(name).string for name in names) for process in run.processes]


def test_pods_of_a_pytorchjob_have_ranks_and_count_themselves():
    run = pytorchjob("[python, train.py]")
    assert found(run, "RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT") == [
        (rank, "3", "bert-master-0", "23456") for rank in ("0", "1", "2")
    ]
    assert [process.host.name.string for process in run.processes] == [
        "bert-master-0",
        "bert-worker-0",
        "bert-worker-1",
    ]
    (world,) = run.worlds
    assert world.size.integer == 3
    hosts = [process.host for process in run.processes]
    assert not any(one.is_(other) for one, other in combinations(hosts, 2)), "also of one template, by an alias"


def test_processes_per_node_are_counted_into_the_world_size():
    run = pytorchjob("[python, train.py]", 'nprocPerNode: "4"')
    assert found(run, "WORLD_SIZE", "PET_NPROC_PER_NODE", "PET_NNODES") == [("12", "4", "3")] * 3


@pytest.mark.parametrize(("slots", "per_node"), [('nprocPerNode: "2"', 2), ("", 4), ("nprocPerNode: gpu", 4)])
def test_torchrun_takes_what_the_operator_says(slots: str, per_node: int):
    run = pytorchjob("[torchrun, train.py]", slots)
    (world,) = run.worlds
    assert (world.size.integer, world.nodes.integer) == (3 * per_node, 3)
    first = {process.environment.get("RANK").string for process in run.processes if process.local == 0}
    assert first == {"0", str(per_node), str(2 * per_node)}


def test_pods_with_commands_of_their_own_are_one_world():
    text = PYTORCHJOB.replace("SLOTS", "suspend: false").replace("COMMAND", "[torchrun, train.py]")
    spelt_out = text.replace(
        "template: *pod", "template: {spec: {containers: [{name: pytorch, command: [torchrun, train.py]}]}}"
    )
    (world,) = manifest(spelt_out).worlds
    assert {launch.host.name.string for launch in world.launches} == {"bert-master-0", "bert-worker-0", "bert-worker-1"}


def test_an_elastic_job_has_as_many_pods_as_its_policy_allows():
    run = pytorchjob("[torchrun, train.py]", "elasticPolicy: {minReplicas: 1, maxReplicas: 5, rdzvBackend: c10d}")
    assert found(run, "PET_RDZV_ENDPOINT", "PET_NNODES")[0] == ("bert-worker-0:23456", "1:5")
    nodes = run.worlds[0].nodes
    assert (nodes == 6).surely_not
    assert not (nodes == 5).surely_not
    assert not (nodes == 5).surely


def test_what_a_container_may_use():
    (group, *_) = pytorchjob("[python, train.py]").workloads[0].groups
    trainer = group.trainer
    assert trainer is not None
    assert (trainer.gpus.integer, trainer.cpus.constant, trainer.memory.integer) == (4, 3.5, 2 * 2**30)
    assert trainer.shared_memory.integer == DEFAULT_SHARED_MEMORY


def test_a_volume_at_dev_shm_takes_the_place_of_the_default():
    text = """\
        apiVersion: v1
        kind: Pod
        metadata: {name: one}
        spec:
          containers:
            - name: main
              volumeMounts: [{name: LIMITED, mountPath: /dev/shm}]
          volumes:
            - {name: limited, emptyDir: {medium: Memory, sizeLimit: 8Gi}}
            - {name: free, emptyDir: {medium: Memory}}
        """
    memory = {
        name: manifest(text.replace("LIMITED", name)).containers()[0].shared_memory
        for name in ("limited", "free", "gone")
    }
    assert memory["limited"].integer == 8 * 2**30
    assert memory["free"].is_absent
    assert memory["gone"].is_unknown


def test_variables_are_filled_in_where_kubernetes_does_it():
    run = manifest(
        """\
        apiVersion: batch/v1
        kind: Job
        metadata: {name: fit}
        spec:
          completions: 2
          parallelism: 2
          completionMode: Indexed
          template:
            spec:
              containers:
                - name: main
                  env:
                    - {name: HEAD, value: fit-0}
                    - {name: PLACE, value: "$(HEAD).fit:29500"}
                    - {name: LATER, valueFrom: {fieldRef: {fieldPath: status.podIP}}}
                  command: [python, train.py, "--place=$(PLACE)", "--plain=$$(PLACE)", "--other=$(NOBODY)"]
        """
    )
    first = run.processes[0]
    assert [word.string for word in first.arguments] == [
        "--place=fit-0.fit:29500",
        "--plain=$(PLACE)",
        "--other=$(NOBODY)",
    ]
    assert first.environment.get("LATER").is_unknown
    assert found(run, "JOB_COMPLETION_INDEX") == [("0",), ("1",)]


def test_a_shell_in_a_manifest_keeps_its_places():
    text = textwrap.dedent("""\
        apiVersion: v1
        kind: Pod
        metadata: {name: one}
        spec:
          containers:
            - name: main
              command: [bash, -c]
              args:
                - |
                  PROCS=2

                  torchrun --nproc_per_node=$PROCS \\
                    train.py
        """)
    run = manifest(text)
    launch = next(launch for launch in run.launches if launch.tool == "torchrun")
    assert launch.per_node.integer == 2
    written = text[launch.at.start : launch.at.end]
    assert written.startswith("torchrun --nproc")
    assert written.endswith("train.py")


def test_a_template_in_a_shell_hides_itself_alone():
    run = manifest(
        """\
        apiVersion: v1
        kind: Pod
        metadata: {name: one}
        spec:
          containers:
            - name: main
              command: [bash, -c, "torchrun --nproc_per_node={{ .Values.gpus }} --nnodes=2 train.py"]
        """
    )
    launch = next(launch for launch in run.launches if launch.tool == "torchrun")
    assert launch.per_node.is_unknown
    assert launch.nodes.integer == 2


def test_documents_that_start_nothing_are_no_jobs():
    files = MemoryFiles({"config.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\n"})
    jobs = Jobs(files=files, shells=(), scripts=(), manifests=["config.yaml"], cluster=Cluster(absent(), absent()))
    assert jobs.runs() == []


def test_a_skypilot_task_runs_on_each_node():
    run = manifest(
        """\
        name: fit
        num_nodes: 2
        resources: {accelerators: "A100:8"}
        envs: {STEPS: 100, TOKEN: null}
        file_mounts: {/ckpt: {name: bucket, mode: MOUNT}, /data: {source: "gs://lab", mode: COPY}}
        run: |
          torchrun --nnodes=$SKYPILOT_NUM_NODES --nproc_per_node=$SKYPILOT_NUM_GPUS_PER_NODE \\
            --node_rank=$SKYPILOT_NODE_RANK --master_addr=$(echo "$SKYPILOT_NODE_IPS" | head -n1) train.py \\
            --steps $STEPS
        """
    )
    (world,) = run.worlds
    assert world.size.integer == 16
    assert [launch.node_rank.integer for launch in world.launches] == [0, 1]
    assert world.processes[0].host.shared == ("/ckpt",)
    assert world.processes[0].arguments[1].string == "100"
    assert world.processes[0].environment.get("TOKEN").is_unknown


def test_a_skypilot_task_may_name_a_machine():
    run = manifest(
        """\
        num_nodes: 1
        resources: {instance_type: g5.12xlarge}
        run: torchrun --nproc_per_node=$SKYPILOT_NUM_GPUS_PER_NODE train.py
        """
    )
    assert run.worlds[0].size.integer == 4


def test_an_azureml_job_may_name_a_machine():
    run = manifest(
        """\
        $schema: https://azuremlschemas.azureedge.net/latest/commandJob.schema.json
        command: python train.py
        distribution: {type: pytorch, process_count_per_instance: 4}
        resources: {instance_count: 2, instance_type: Standard_NC48ads_A100_v4}
        """
    )
    assert {process.host.gpus.integer for process in run.processes} == {2}
    assert run.launches[0].host.gpus.integer == 2


@pytest.mark.parametrize(("compute", "gpus"), [("azureml:eight", 8), ("eight", 8), ("azureml:other", None)])
def test_an_azureml_job_may_name_a_cluster_that_is_described_beside_it(compute: str, gpus: int | None):
    schemas = "$schema: https://azuremlschemas.azureedge.net/latest"
    texts = {
        "jobs/job.yaml": f"{schemas}/commandJob.schema.json\ncommand: python train.py\ncompute: {compute}\n"
        "distribution: {type: pytorch, process_count_per_instance: 2}\n",
        "jobs/cluster.yml": f"{schemas}/amlCompute.schema.json\nname: eight\nsize: STANDARD_ND96ISR_H200_V5\n",
        "jobs/notes.yaml": "name: eight\nsize: Standard_NC6\n",
    }
    jobs = Jobs(
        MemoryFiles(texts), shells=(), scripts=(), manifests=["jobs/job.yaml"], cluster=Cluster(absent(), absent())
    )
    (run,) = jobs.runs()
    assert run.launches[0].host.gpus.integer == gpus


MOSAICML = """\
    name: fit
    image: lab/fit:2
    compute: {gpus: 4, gpu_type: a100_80gb}
    env_variables: {STEPS: 100}
    command: |
      torchrun --nproc_per_node=4 train.py --steps $STEPS
    """


def test_a_mosaicml_run_of_few_gpus_has_one_node():
    (world,) = manifest(MOSAICML).worlds
    assert (world.size.integer, world.nodes.integer, world.first.host.gpus.integer) == (4, 1, 4)
    assert [word.string for word in world.processes[0].arguments] == ["--steps", "100"]


def test_a_mosaicml_run_of_many_gpus_has_nodes_that_are_not_counted():
    run = manifest(MOSAICML.replace("gpus: 4", "gpus: 32"))
    assert run.workloads[0].groups[0].count.is_unknown
    assert run.worlds[0].first.host.gpus.is_unknown


VERTEX = """\
    workerPoolSpecs:
      - machineSpec: {machineType: n1-standard-16, acceleratorType: NVIDIA_TESLA_T4, acceleratorCount: 2}
        replicaCount: 1
        containerSpec: &container
          imageUri: lab/fit
          command: [torchrun, --nproc_per_node=2, train.py]
          args: [--steps, "9"]
          env: [{name: MODE, value: long}]
      - machineSpec: {machineType: a2-highgpu-4g}
        replicaCount: 3
        containerSpec: *container
    """


def test_each_replica_of_a_vertex_pool_runs_its_container():
    run = manifest(VERTEX)
    (workload,) = run.workloads
    assert [(group.role, group.count.integer) for group in workload.groups] == [("chief", 1), ("worker", 3)]
    assert [(host.index, host.gpus.integer) for host in workload.hosts] == [(0, 2), (1, 4), (2, 4), (3, 4)]
    assert {process.environment.get("MODE").string for process in run.processes} == {"long"}
    assert [word.string for word in run.processes[0].arguments] == ["--steps", "9"]


def test_snake_case_and_an_image_that_says_what_runs():
    run = manifest(
        """\
        worker_pool_specs:
          - machine_spec: {machine_type: a2-highgpu-8g, accelerator_count: 8}
            container_spec: {image_uri: lab/fit}
        """
    )
    assert run.workloads[0].hosts[0].gpus.integer == 8
    assert not run.processes


@given(st.integers(0, 10**6), st.sampled_from(["", "k", "M", "G", "Ki", "Mi", "Gi"]))
def test_quantities_are_what_kubernetes_says(number: int, unit: str):
    factor = 1000 ** ["", "k", "M", "G"].index(unit) if len(unit) < 2 else 1024 ** ["", "Ki", "Mi", "Gi"].index(unit)
    assert amount(known(f"{number}{unit}")).constant == number * factor


@pytest.mark.parametrize(
    ("written", "number"), [("1g", 2**30), ("512M", 2**29), ("64mb", 2**26), ("2gib", 2**31), ("1024", 1024), (5, 5)]
)
def test_sizes_are_what_docker_says(written: str | int, number: int):
    assert size(known(written)).integer == number


@pytest.mark.parametrize("written", ["much", "1 Xi", "", True, "1e"])
def test_what_is_no_amount_is_unknown(written: str | bool):
    assert amount(known(written)).is_unknown
    assert size(known(written)).is_unknown


@given(
    st.lists(st.text(alphabet="ab $\"'{}#:|-\\", max_size=12), min_size=1, max_size=5),
    st.sampled_from(["|", "|-"]),
    st.integers(1, 6),
)
def test_lines_of_a_block_stand_where_they_are_written(lines: list[str], style: str, indent: int):
    lines = ["x" + line for line in lines]  # YAML takes the indentation from the first line
    text = f"run: {style}\n" + "".join(f"{' ' * indent}{line}\n" for line in lines) + "end: 1\n"
    source = Source("job.yaml", text)
    run = value_of(yaml.read(source).roots[0]).field("run")
    for piece in word(run, source, shell=True).pieces:
        if isinstance(piece.content, Value):
            continue
        assert piece.exact
        assert text[piece.at.start : piece.at.end].rstrip("\n") == piece.content.rstrip("\n")


def spoilt(node: Any) -> Iterator[Any]:
    """The document with one part after the other replaced by something of another type."""
    yield from (None, 3, "x y", [], {}, [1], {"a": 1}, True)
    if isinstance(node, dict):
        for key in node:
            yield {name: value for name, value in node.items() if name != key}
            yield from ({**node, key: part} for part in spoilt(node[key]))
    elif isinstance(node, list):
        for index in range(len(node)):
            yield from ([*node[:index], part, *node[index + 1 :]] for part in spoilt(node[index]))


SKYPILOT = """\
    num_nodes: 2
    resources: {accelerators: {A100: 8}}
    envs: {STEPS: 100}
    file_mounts: {/ckpt: {mode: MOUNT}}
    run: torchrun --nproc_per_node=$SKYPILOT_NUM_GPUS_PER_NODE train.py
    """
AZUREML = """\
    $schema: https://azuremlschemas.azureedge.net/latest/commandJob.schema.json
    command: python train.py
    distribution: {type: pytorch, process_count_per_instance: 4}
    resources: {instance_count: 2}
    environment_variables: {A: 1}
    code: .
    """


@pytest.mark.parametrize(
    "text",
    [
        PYTORCHJOB.replace("SLOTS", "elasticPolicy: {minReplicas: 1}").replace("COMMAND", "[bash, -c, x]"),
        SKYPILOT,
        AZUREML,
        MOSAICML,
        VERTEX,
    ],
)
def test_no_document_is_too_strange(text: str):
    for document in spoilt(pyyaml.safe_load(textwrap.dedent(text))):
        files = MemoryFiles({"job.yaml": pyyaml.safe_dump(document), "train.py": ""})
        run = Linker(files, Cluster(absent(), absent())).manifest_run("job.yaml")
        assert not run.fault
