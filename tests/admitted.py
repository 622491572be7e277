"""Manifests made at random, and what the API server and the operators say of them: facts in our own words.

`REASONS` is what their own validation refuses, told again from the sources named beside it, without a look at
`dtlint/job/admission.py`; `manifests()` draws documents that it takes and documents that it does not.  The shapes and
the limits of single fields are held against the CustomResourceDefinitions by `make oracle-manifests`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from hypothesis import strategies as st

Manifest = dict[str, Any]
Drawn = st.SearchStrategy[Any]

ROLES = ("Master", "Worker", "Chief", "PS", "Evaluator")
COUNT = st.integers(0, 3)
OFTEN_ONE = st.sampled_from([1, 1, 1, 1, 2, 0])


def record(needed: Mapping[str, Drawn], **optional: Drawn) -> Drawn:
    return st.fixed_dictionaries(dict(needed), optional=optional)


def just(value: object) -> Drawn:
    return st.just(value)


# -- what all pods have


def container(name: Drawn) -> Drawn:
    gpus = st.sampled_from([2, 2, "2", "4"])
    devices = st.one_of(
        st.builds(lambda count: {"limits": {"nvidia.com/gpu": count}}, gpus),
        st.builds(
            lambda limit, asked: {"limits": {"nvidia.com/gpu": limit}, "requests": {"nvidia.com/gpu": asked}},
            just(2),
            gpus,
        ),
        just({"limits": {"cpu": "4", "memory": "8Gi"}, "requests": {"cpu": 1}}),
        st.sampled_from([{}, {}, {}, {"requests": {"nvidia.com/gpu": 2}}]),
    )
    return record(
        {"name": name, "image": just("registry.example.org/trainer:1")},
        command=just(["python", "train.py"]),
        resources=devices,
        env=just([{"name": "EPOCHS", "value": "3"}]),
    )


def template(name: str = "trainer", restarts: tuple[str, ...] = ("Never", "OnFailure", "Always")) -> Drawn:
    """`v1.PodTemplateSpec`, with a container called `name` in most pods."""
    named = st.sampled_from([[name], ["logs", name], [name, "logs"], ["sidecar"]]).flatmap(
        lambda drawn: st.tuples(*(container(just(one)) for one in drawn)).map(list)
    )
    spec = record({"containers": named}, restartPolicy=st.sampled_from(restarts), hostNetwork=st.booleans())
    return record({"spec": spec}, metadata=just({"labels": {"app": "moss"}}))


def unlimited(pod: Mapping[str, Any]) -> Iterator[str]:
    """What cannot be overcommitted has a limit, and the request is equal to it: `ValidateResourceRequirements` of
    pkg/apis/core/validation/validation.go of kubernetes/kubernetes."""
    for one in pod["spec"]["containers"]:
        resources = one.get("resources", {})
        asked = resources.get("requests", {}).get("nvidia.com/gpu")
        limit = resources.get("limits", {}).get("nvidia.com/gpu")
        if asked is not None and (limit is None or int(limit) != int(asked)):
            yield "a request of GPUs that is not its limit"


# -- Kubernetes: pkg/apis/batch/validation/validation.go and pkg/apis/batch/v1/defaults.go of kubernetes/kubernetes

JOB = record(
    {"template": template()},
    parallelism=COUNT,
    completions=COUNT,
    completionMode=st.sampled_from(["Indexed", "NonIndexed"]),
    backoffLimit=COUNT,
    suspend=st.booleans(),
)


def job(spec: Mapping[str, Any]) -> Iterator[str]:
    yield from unlimited(spec["template"])
    if spec["template"]["spec"].get("restartPolicy", "Always") == "Always":
        yield "pods of a Job do not restart for ever"
    both_default_to_one = "parallelism" not in spec
    if spec.get("completionMode") == "Indexed" and "completions" not in spec and not both_default_to_one:
        yield "an Indexed Job says its completions"


# -- training operator 1.9: pkg/webhooks/*/*_webhook.go, pkg/apis/kubeflow.org/v1/mpi_validation.go of kubeflow/trainer


def replica_specs(
    first: str, *others: str, name: str = "trainer", policies: tuple[str, ...] = ("Always", "OnFailure", "Never")
) -> Drawn:
    """Replicas of the roles that an operator knows, in most of them."""

    def one(count: Drawn) -> Drawn:
        # A Master always says its replicas: release 1.9 alone refuses one that does not.
        return record({"template": template(name), "replicas": count}, restartPolicy=st.sampled_from(policies))

    known = record({first: one(OFTEN_ONE)}, **{role: one(COUNT) for role in others})
    further = st.sampled_from(ROLES).flatmap(lambda role: st.builds(dict, known, **{role: one(COUNT)}))
    return st.one_of(known, known, known, further, *(record({role: one(COUNT)}) for role in others[:1]))


RUN_POLICY = record({}, cleanPodPolicy=st.sampled_from(["None", "Running", "All"]), backoffLimit=COUNT)


def trained(field: str, name: str, *roles: str) -> Drawn:
    return record({field: replica_specs(*roles, name=name)}, runPolicy=RUN_POLICY)


def roles_of(specs: Mapping[str, Any], allowed: tuple[str, ...], wanted: str) -> Iterator[str]:
    for role, one in specs.items():
        if role not in allowed:
            yield f"{role} is no type of replica"
        if wanted and wanted not in {each["name"] for each in one["template"]["spec"]["containers"]}:
            yield f"no container of {role} is called {wanted}"
        yield from unlimited(one["template"])


def pytorch(spec: Mapping[str, Any]) -> Iterator[str]:
    specs, elastic = spec["pytorchReplicaSpecs"], spec.get("elasticPolicy")
    yield from roles_of(specs, ("Master", "Worker"), "pytorch")
    if specs.get("Master", {"replicas": 1})["replicas"] != 1:
        yield "one Master"
    if specs.get("Worker", {"replicas": 1})["replicas"] < 1:
        yield "at least one Worker"
    if elastic is not None and "Worker" not in specs:
        yield "an elastic job has Workers"
    if elastic is not None and "nProcPerNode" in elastic and "nprocPerNode" in spec:
        yield "the processes of a node are told once"


def tensorflow(spec: Mapping[str, Any]) -> Iterator[str]:
    specs = spec["tfReplicaSpecs"]
    yield from roles_of(specs, tuple(specs), "tensorflow")
    if "Chief" in specs and "Master" in specs:
        yield "either a Chief or a Master"


def xgboost(spec: Mapping[str, Any]) -> Iterator[str]:
    specs = spec["xgbReplicaSpecs"]
    yield from roles_of(specs, ("Master", "Worker"), "xgboost")
    if specs.get("Master", {"replicas": 0})["replicas"] != 1:
        yield "one Master"


def paddle(spec: Mapping[str, Any]) -> Iterator[str]:
    yield from roles_of(spec["paddleReplicaSpecs"], ("Master", "Worker"), "paddle")


def jax(spec: Mapping[str, Any]) -> Iterator[str]:
    yield from roles_of(spec["jaxReplicaSpecs"], ("Worker",), "jax")


def mpi_v1(spec: Mapping[str, Any]) -> Iterator[str]:
    specs = spec["mpiReplicaSpecs"]
    yield from roles_of(specs, ("Launcher", "Worker"), "")
    if specs.get("Launcher", {"replicas": 0})["replicas"] != 1:
        yield "one Launcher"


# -- MPI operator 0.8: pkg/apis/kubeflow/validation/validation.go of kubeflow/mpi-operator; it ignores other roles


def mpi_v2(spec: Mapping[str, Any]) -> Iterator[str]:
    specs = {role: one for role, one in spec["mpiReplicaSpecs"].items() if role in ("Launcher", "Worker")}
    yield from roles_of(specs, tuple(specs), "")
    if specs.get("Launcher", {"replicas": 0})["replicas"] != 1:
        yield "one Launcher"
    if specs.get("Worker", {"replicas": 1})["replicas"] < 1:
        yield "at least one Worker"


# -- Volcano: pkg/webhooks/admission/jobs/validate/admit_job.go and mutate/mutate_job.go of volcano-sh/volcano

TASKS = st.lists(
    record(
        {"template": template(), "name": st.sampled_from(["master", "worker", "ps", "board", "server"])},
        replicas=st.integers(1, 3),
        minAvailable=st.integers(0, 1),
        policies=just([{"event": "PodEvicted", "action": "RestartJob"}]),
    ),
    min_size=1,
    max_size=3,
)
VOLCANO = record(
    {"tasks": TASKS},
    minAvailable=st.integers(0, 6),
    queue=just("default"),
    maxRetry=COUNT,
    plugins=st.sampled_from([{"svc": []}, {"ssh": [], "svc": []}, {"env": []}]),
)


def volcano(spec: Mapping[str, Any]) -> Iterator[str]:
    names = [task["name"] for task in spec["tasks"]]
    counts = [task.get("replicas", 0) for task in spec["tasks"]]
    if len(names) > len(set(names)):
        yield "two tasks of one name"
    if any(task.get("minAvailable", 0) > count for task, count in zip(spec["tasks"], counts, strict=True)):
        yield "a task's minAvailable above its replicas"
    if spec.get("minAvailable", 0) > sum(counts):
        yield "minAvailable above all replicas"
    for task in spec["tasks"]:
        yield from unlimited(task["template"])


# -- KubeRay: `ValidateRayClusterSpec` of ray-operator/controllers/ray/utils/validation.go of ray-project/kuberay

GROUP = record(
    {"groupName": st.sampled_from(["small", "large"]), "template": template(), "rayStartParams": just({})},
    replicas=COUNT,
    minReplicas=COUNT,
    maxReplicas=COUNT,
    numOfHosts=st.integers(1, 2),
)
CLUSTER = record(
    {"headGroupSpec": record({"template": template(), "rayStartParams": just({"dashboard-host": "0.0.0.0"})})},
    workerGroupSpecs=st.lists(GROUP, max_size=2),
    rayVersion=just("2.46.0"),
    enableInTreeAutoscaling=st.booleans(),
)


def cluster(spec: Mapping[str, Any]) -> Iterator[str]:
    yield from unlimited(spec["headGroupSpec"]["template"])
    for group in spec.get("workerGroupSpecs", []):
        yield from unlimited(group["template"])
        if group.get("minReplicas", 0) > group.get("maxReplicas", 2**31 - 1):
            yield "minReplicas above maxReplicas"


# -- those of which nothing but the pods is judged

POD_KINDS: dict[tuple[str, str], tuple[Drawn, Callable[[Any], Iterator[str]]]] = {
    ("v1", "Pod"): (template().map(lambda drawn: drawn["spec"]), lambda spec: unlimited({"spec": spec})),
    ("apps/v1", "StatefulSet"): (
        record(
            {
                "template": template(restarts=("Always",)).map(
                    lambda drawn: {**drawn, "metadata": {"labels": {"app": "moss"}}}
                ),
                "selector": just({"matchLabels": {"app": "moss"}}),
                "serviceName": just("moss"),
            },
            replicas=COUNT,
        ),
        lambda spec: unlimited(spec["template"]),
    ),
    ("jobset.x-k8s.io/v1alpha2", "JobSet"): (
        record(
            {
                "replicatedJobs": record(
                    {"name": just("nodes"), "template": record({"spec": JOB})}, replicas=COUNT
                ).map(lambda drawn: [drawn])
            },
            failurePolicy=record({}, maxRestarts=COUNT),
            suspend=st.booleans(),
        ),
        lambda spec: unlimited(spec["replicatedJobs"][0]["template"]["spec"]["template"]),
    ),
    ("leaderworkerset.x-k8s.io/v1", "LeaderWorkerSet"): (
        record(
            {
                "leaderWorkerTemplate": record(
                    {"workerTemplate": template(restarts=("Always",))},
                    size=st.integers(1, 4),
                    restartPolicy=st.sampled_from(["RecreateGroupOnPodRestart", "None"]),
                )
            },
            replicas=COUNT,
        ),
        lambda spec: unlimited(spec["leaderWorkerTemplate"]["workerTemplate"]),
    ),
    ("trainer.kubeflow.org/v1alpha1", "TrainJob"): (
        record(
            {"runtimeRef": just({"name": "torch-distributed"})},
            trainer=record(
                {},
                numNodes=COUNT,
                numProcPerNode=st.integers(1, 8),
                image=just("registry.example.org/trainer:1"),
                command=just(["torchrun", "train.py"]),
            ),
        ),
        lambda spec: iter(()),
    ),
}

KINDS: dict[tuple[str, str], tuple[Drawn, Callable[[Any], Iterator[str]]]] = {
    ("batch/v1", "Job"): (JOB, job),
    ("batch/v1", "CronJob"): (
        record({"schedule": just("0 3 * * *"), "jobTemplate": record({"spec": JOB})}),
        lambda spec: job(spec["jobTemplate"]["spec"]),
    ),
    ("kubeflow.org/v1", "PyTorchJob"): (
        record(
            {"pytorchReplicaSpecs": replica_specs("Master", "Worker", name="pytorch")},
            runPolicy=RUN_POLICY,
            nprocPerNode=st.sampled_from(["auto", "2"]),
            elasticPolicy=record(
                {}, minReplicas=just(1), maxReplicas=st.integers(1, 3), nProcPerNode=st.integers(1, 2),
                rdzvBackend=just("c10d"),
            ),
        ),
        pytorch,
    ),
    ("kubeflow.org/v1", "TFJob"): (
        trained("tfReplicaSpecs", "tensorflow", "Chief", "Worker", "PS", "Master"), tensorflow
    ),
    ("kubeflow.org/v1", "XGBoostJob"): (trained("xgbReplicaSpecs", "xgboost", "Master", "Worker"), xgboost),
    ("kubeflow.org/v1", "PaddleJob"): (trained("paddleReplicaSpecs", "paddle", "Master", "Worker"), paddle),
    ("kubeflow.org/v1", "JAXJob"): (trained("jaxReplicaSpecs", "jax", "Worker"), jax),
    ("kubeflow.org/v1", "MPIJob"): (
        record({"mpiReplicaSpecs": replica_specs("Launcher", "Worker")}, slotsPerWorker=st.integers(1, 4)), mpi_v1
    ),
    ("kubeflow.org/v2beta1", "MPIJob"): (
        record(
            {"mpiReplicaSpecs": replica_specs("Launcher", "Worker", policies=("OnFailure", "Never"))},
            slotsPerWorker=st.integers(1, 4),
            mpiImplementation=st.sampled_from(["OpenMPI", "Intel", "MPICH"]),
            runPolicy=RUN_POLICY,
        ),
        mpi_v2,
    ),
    ("batch.volcano.sh/v1alpha1", "Job"): (VOLCANO, volcano),
    ("ray.io/v1", "RayCluster"): (CLUSTER, cluster),
    ("ray.io/v1", "RayJob"): (
        record({"rayClusterSpec": CLUSTER, "entrypoint": just("python train.py")}),
        lambda spec: cluster(spec["rayClusterSpec"]),
    ),
    ("ray.io/v1", "RayService"): (
        record({"rayClusterConfig": CLUSTER}), lambda spec: cluster(spec["rayClusterConfig"])
    ),
    **POD_KINDS,
}  # fmt: skip


def manifests(version: str, kind: str) -> Drawn:
    spec, _ = KINDS[version, kind]
    return record(
        {"apiVersion": just(version), "kind": just(kind), "metadata": just({"name": "moss"}), "spec": spec}
    )


def reasons(manifest: Manifest) -> list[str]:
    """Why it is refused; empty where it is taken."""
    _, refused = KINDS[manifest["apiVersion"], manifest["kind"]]
    return list(refused(manifest["spec"]))
