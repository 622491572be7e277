"""Operators on paper: what their pods find, compared with what their sources say (named in dtlint/tools/manifests)."""

from __future__ import annotations

import json
import textwrap

import pytest

from dtlint.job.naming import Series
from dtlint.job.run import Run
from dtlint.job.site import Cluster
from dtlint.run.jobs import Jobs
from dtlint.run.recorders import doubled
from dtlint.value import absent, known
from tests.memory_files import MemoryFiles


def run(files: dict[str, str]) -> Run:
    texts = {path: textwrap.dedent(text) for path, text in files.items()}
    jobs = Jobs(
        files=MemoryFiles(texts),
        shells=(),
        scripts=sorted(path for path in texts if path.endswith(".py")),
        manifests=sorted(path for path in texts if path.endswith(".yaml")),
        cluster=Cluster(absent(), absent()),
    )
    return next(job for job in jobs.runs() if job.workloads)


def found(job: Run, *names: str) -> list[tuple[str | None, ...]]:
    return [tuple(process.environment.get(name).string for name in names) for process in job.processes]


MPI = """\
    apiVersion: kubeflow.org/v2beta1
    kind: MPIJob
    metadata: {name: waves}
    spec:
      slotsPerWorker: 2
      mpiReplicaSpecs:
        Launcher:
          replicas: 1
          template: {spec: {containers: [{name: l, image: i, command: [COMMAND]}]}}
        Worker:
          replicas: 2
          template:
            spec:
              containers: [{name: w, image: i, resources: {limits: {nvidia.com/gpu: 2}}}]
"""


@pytest.mark.parametrize(
    "command",
    [
        "mpirun, -np, '3', python, train.py",
        "horovodrun, -np, '3', --hostfile, /etc/mpi/hostfile, --mpi, python, train.py",
        "sh, -c, 'mpirun -np 3 --hostfile $OMPI_MCA_orte_default_hostfile python train.py'",
    ],
)
def test_the_launcher_fills_the_slots_of_the_workers(command: str) -> None:
    job = run({"job.yaml": MPI.replace("COMMAND", command), "train.py": ""})
    placed = [(process.rank.integer, str(process.host.name), process.host.gpus.integer) for process in job.processes]
    assert placed == [(0, "waves-worker-0", 2), (1, "waves-worker-0", 2), (2, "waves-worker-1", 2)]
    assert job.complete


def test_the_hostfile_refuses_more() -> None:
    job = run({"job.yaml": MPI.replace("COMMAND", "mpirun, -np, '8', --map-by, slot, python, train.py")})
    assert job.launches[-1].offered.integer == 4


def test_pods_of_a_jobset_have_its_name_for_a_subdomain() -> None:
    job = run(
        {
            "job.yaml": """\
                apiVersion: jobset.x-k8s.io/v1alpha2
                kind: JobSet
                metadata: {name: gpt}
                spec:
                  replicatedJobs:
                    - name: node
                      replicas: 2
                      template:
                        spec:
                          parallelism: 2
                          completions: 2
                          template:
                            spec:
                              containers:
                                - name: t
                                  image: i
                                  command: [sh, -c, "exec python train.py --rank $JOB_COMPLETION_INDEX"]
                """,
            "train.py": "",
        }
    )
    (group,) = job.workloads[0].groups
    assert [str(host.name) for host in group.hosts] == ["gpt-node-0-0", "gpt-node-0-1", "gpt-node-1-1"]
    assert str(group.hosts[0].names[0]) == "gpt-node-0-0.gpt"
    assert [process.arguments[1].string for process in job.processes] == ["0", "1", "1"]


@pytest.mark.parametrize(("release", "size"), [("1.11.0", "4"), ("v1.12.0", "3")])
def test_volcano_counts_other_tasks_up_to_release_1_11(release: str, size: str) -> None:
    task = "{{name: {0}, replicas: {1}, template: {{spec: {{containers: [{{name: c, image: i, command: {2}}}]}}}}}}"
    tasks = ", ".join(
        task.format(name, count, command)
        for name, count, command in (
            ("master", 1, "[python, train.py]"),
            ("worker", 2, "[python, train.py]"),
            ("board", 1, "[tensorboard]"),
        )
    )
    text = f"""\
        # Volcano {release}
        apiVersion: batch.volcano.sh/v1alpha1
        kind: Job
        metadata: {{name: ice}}
        spec:
          plugins: {{pytorch: [--port=29500]}}
          tasks: [{tasks}]
        """
    job = run({"job.yaml": text, "train.py": ""})
    assert found(job, "RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT") == [
        (rank, size, "ice-master-0.ice", "29500") for rank in ("0", "1", "2")
    ]


def test_a_script_of_a_config_map_is_run_where_it_is_mounted() -> None:
    job = run(
        {
            "scripts.yaml": """\
                apiVersion: v1
                kind: ConfigMap
                metadata: {name: scripts}
                data:
                  start.sh: |
                    python train.py --lr $LR
                  LR: "0.1"
                """,
            "pod.yaml": """\
                apiVersion: v1
                kind: Pod
                metadata: {name: one}
                spec:
                  volumes: [{name: s, configMap: {name: scripts}}]
                  containers:
                    - name: t
                      image: i
                      command: [bash, /opt/start.sh]
                      env: [{name: LR, valueFrom: {configMapKeyRef: {name: scripts, key: LR}}}]
                      volumeMounts: [{name: s, mountPath: /opt}]
                """,
            "train.py": "",
        }
    )
    (process,) = job.processes
    assert process.at.path == "scripts.yaml"
    assert process.arguments[1].string == "0.1"


def test_each_pod_has_an_address_of_its_own() -> None:
    job = run(
        {
            "job.yaml": """\
                apiVersion: batch/v1
                kind: Job
                metadata: {name: two}
                spec:
                  completions: 2
                  parallelism: 2
                  completionMode: Indexed
                  template:
                    spec:
                      restartPolicy: Never
                      containers:
                        - name: t
                          image: i
                          command: [python, train.py]
                          env: [{name: MASTER_ADDR, valueFrom: {fieldRef: {fieldPath: status.podIP}}}]
                """,
            "train.py": "",
        }
    )
    mine, other = (process.environment.get("MASTER_ADDR") for process in job.processes)
    assert (mine != other).always


def test_tf_config_of_a_tfjob() -> None:
    template = "template: {spec: {containers: [{name: tensorflow, image: i, command: [python, train.py]}]}}"
    text = f"""\
        apiVersion: kubeflow.org/v1
        kind: TFJob
        metadata: {{name: digits}}
        spec:
          tfReplicaSpecs:
            Chief: {{replicas: 1, {template}}}
            Worker: {{replicas: 2, {template}}}
        """
    job = run({"job.yaml": text, "train.py": ""})
    configs = [json.loads(config or "") for (config,) in found(job, "TF_CONFIG")]
    assert [config["task"] for config in configs] == [
        {"type": "chief", "index": 0},
        {"type": "worker", "index": 0},
        {"type": "worker", "index": 1},
    ]
    assert configs[0]["cluster"]["worker"] == ["digits-worker-0:2222", "digits-worker-1:2222"]


def test_ray_counts_the_gpus_that_its_groups_can_grow_to() -> None:
    text = """\
        apiVersion: ray.io/v1
        kind: RayCluster
        metadata: {name: sky}
        spec:
          enableInTreeAutoscaling: SCALES
          headGroupSpec:
            rayStartParams: {num-gpus: "1"}
            template: {spec: {containers: [{name: h, image: i}]}}
          workerGroupSpecs:
            - groupName: g
              replicas: 1
              maxReplicas: 4
              rayStartParams: {}
              template: {spec: {containers: [{name: w, image: i, resources: {limits: {nvidia.com/gpu: 2}}}]}}
        """
    assert run({"c.yaml": text.replace("SCALES", "true")}).workloads[0].gpus.integer == 9
    assert run({"c.yaml": text.replace("SCALES", "false")}).workloads[0].gpus.integer == 3


@pytest.mark.parametrize(
    ("address", "index", "resolves"),
    [
        ("set-0.svc-name", 0, True),
        ("set-1.svc-name.ml.svc.cluster.local", 1, True),
        ("set-0.other", 0, False),
        ("set-0.svc-name.else.svc", 0, False),
        ("set-x.svc-name", None, None),
        ("set-01.svc-name", None, None),
        ("set-0.ml.svc", 0, None),
    ],
)
def test_names_of_pods(address: str, index: int | None, resolves: bool | None) -> None:
    series = Series("set-", known(2), known("svc-name"), known("ml"))
    assert series.index(address) == index
    if index is not None:
        verdict = series.resolves(address)
        assert (verdict.always, verdict.never) == (resolves is True, resolves is False)


@pytest.mark.parametrize(
    ("volume", "together"), [("emptyDir: {}", False), ("persistentVolumeClaim: {claimName: c}", True)]
)
def test_pods_record_into_one_folder_where_it_is_mounted_in_all(volume: str, together: bool) -> None:
    container = "name: pytorch, image: i, command: [python, train.py], volumeMounts: [{name: v, mountPath: /work}]"
    template = f"{{volumes: [{{name: v, {volume}}}], containers: [{{{container}}}]}}"
    files = {
        "job.yaml": f"""\
            apiVersion: kubeflow.org/v1
            kind: PyTorchJob
            metadata: {{name: ferns}}
            spec:
              pytorchReplicaSpecs:
                Master: {{replicas: 1, template: {{spec: {template}}}}}
                Worker: {{replicas: 1, template: {{spec: {template}}}}}
            """,
        "train.py": """\
            import torch.distributed as dist
            from torch.utils.tensorboard import SummaryWriter

            dist.init_process_group("gloo")
            writer = SummaryWriter("/work/curves")
            writer.add_scalar("loss", 0.5, 1)
            """,
    }
    (world,) = run(files).worlds
    assert bool(list(doubled(world))) is together
