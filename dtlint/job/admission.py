"""What API servers and operators refuse when a manifest is applied.

Jobs: `validateJobSpec` of pkg/apis/batch/validation/validation.go of https://github.com/kubernetes/kubernetes .
PyTorchJob, TFJob, XGBoostJob, PaddleJob, MPIJob v1: pkg/webhooks and pkg/apis/kubeflow.org/v1/mpi_validation.go of
https://github.com/kubeflow/training-operator at v1.9.0.  MPIJob v2beta1: pkg/apis/kubeflow/validation/validation.go of
https://github.com/kubeflow/mpi-operator at v0.6.0.  Volcano: pkg/webhooks/admission/jobs/validate/admit_job.go of
https://github.com/volcano-sh/volcano .  KubeRay: ray-operator/controllers/ray/utils/validation.go of
https://github.com/ray-project/kuberay .  Determined: `slots_per_trial` in
https://docs.determined.ai/latest/reference/training/experiment-config-reference.html .
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dtlint.job import deployments, kueue
from dtlint.job.admitted_names import refused_names
from dtlint.job.admitted_texts import refused_texts
from dtlint.job.refusal import Refusal
from dtlint.job.workload import Replicas, Workload
from dtlint.value import TRUE, Fields, Items, Value, every, known, some

TRAINERS: Final = {
    "PyTorchJob": "pytorch",
    "TFJob": "tensorflow",
    "XGBoostJob": "xgboost",
    "PaddleJob": "paddle",
    "JAXJob": "jax",
}
"""The container that each replica of a kind must have."""

ROLES: Final = {
    "PyTorchJob": ("pytorchReplicaSpecs", ("master", "worker")),
    "XGBoostJob": ("xgbReplicaSpecs", ("master", "worker")),
    "PaddleJob": ("paddleReplicaSpecs", ("master", "worker")),
    "JAXJob": ("jaxReplicaSpecs", ("worker",)),
    "MPIJob": ("mpiReplicaSpecs", ("launcher", "worker")),
}
OTHERS_IGNORED: Final = "kubeflow.org/v2beta1"
"""The release of MPIJob that does not look at replica types that it does not know."""


def refusals(workload: Workload) -> Iterator[Refusal]:
    yield from refused_names(workload)
    yield from refused_texts(workload)
    spec = workload.record.field("spec")
    match workload.kind:
        case "Job":
            yield from _job(spec, workload.groups[0])
            yield from kueue.refusals(workload.record, workload.groups[0].count)
        case "Determined experiment":
            yield from _slots(workload.record.field("resources"))
        case "NVFLARE job":
            yield from deployments.refusals(workload.record)
        case "CronJob":
            yield from _job(spec.get("jobTemplate.spec"), workload.groups[0])
        case "Volcano Job":
            yield from _gang(workload, spec)
        case "RayCluster" | "RayJob" | "RayService":
            yield from _ranges(workload)
        case "PyTorchJob":
            yield from _elastic(workload, spec.field("elasticPolicy"))
        case "TFJob":
            yield from _leaders(workload)
    if workload.kind in ROLES:
        yield from _roles(workload, spec)
    if workload.kind in TRAINERS:
        yield from _containers(workload)


def _job(spec: Value, group: Replicas) -> Iterator[Refusal]:
    restart = group.restart
    if restart.is_absent:
        yield Refusal(TRUE, group.spec.at, "its restartPolicy must be Never or OnFailure, and is Always by default")
    else:
        yield Refusal(restart == "Always", restart, "its restartPolicy must be Never or OnFailure")
    mode = spec.field("completionMode")
    # Where both are left out, completions is 1 by default (`SetDefaults_Job` of pkg/apis/batch/v1/defaults.go).
    counted = not spec.field("parallelism").is_absent
    if spec.field("completions").is_absent and counted and mode.string == "Indexed":
        yield Refusal(TRUE, mode, "an Indexed Job must say its completions")


def _gang(workload: Workload, spec: Value) -> Iterator[Refusal]:
    minimum = workload.minimum
    if not minimum.is_absent and isinstance(spec.field("tasks").content, Items) and minimum.trail:
        reason = f"minAvailable is {minimum}, but its tasks have {workload.pods} replicas"
        yield Refusal(minimum > workload.pods, minimum, reason)
    tasks = spec.field("tasks").content
    seen: list[Value] = []
    for task in tasks.items if isinstance(tasks, Items) else ():
        name, low = task.field("name"), task.field("minAvailable").as_int()
        count = task.field("replicas").as_int().or_default(known(0))
        if not low.is_absent:
            yield Refusal(low > count, low, f"minAvailable of the task {name} is {low}, but it has {count} replicas")
        if not name.is_absent:
            yield Refusal(some(name == other for other in seen), name, f"two tasks are called {name}")
            seen.append(name)


def _leaders(workload: Workload) -> Iterator[Refusal]:
    chief, master = workload.group("Chief"), workload.group("Master")
    if chief is not None and master is not None:
        yield Refusal(TRUE, master.at, "it has a Chief and a Master, and must not have both")


def _ranges(workload: Workload) -> Iterator[Refusal]:
    for field in ("spec", "spec.rayClusterSpec", "spec.rayClusterConfig"):
        groups = workload.record.get(field).field("workerGroupSpecs").content
        for group in groups.items if isinstance(groups, Items) else ():
            low, high = group.field("minReplicas").as_int(), group.field("maxReplicas").as_int()
            if not low.is_absent and not high.is_absent:
                yield Refusal(low > high, low, f"minReplicas {low} is above maxReplicas {high}")


def _elastic(workload: Workload, policy: Value) -> Iterator[Refusal]:
    if policy.is_absent:
        return
    if workload.group("Worker") is None and _seen(workload.record.get("spec.pytorchReplicaSpecs")):
        yield Refusal(TRUE, policy, "an elastic job must have Workers")
    both = not policy.field("nProcPerNode").is_absent and not workload.record.get("spec.nprocPerNode").is_absent
    if both and policy.field("nProcPerNode").known:
        reason = "elasticPolicy.nProcPerNode must not stand beside nprocPerNode"
        yield Refusal(TRUE, policy.field("nProcPerNode"), reason)


def _roles(workload: Workload, spec: Value) -> Iterator[Refusal]:
    field, roles = ROLES[workload.kind]
    specs = spec.field(field)
    if not isinstance(specs.content, Fields) or not specs.content.complete:
        return
    second = workload.record.field("apiVersion") == OTHERS_IGNORED
    for name, one in specs.content.entries.items():
        if name.lower() not in roles:
            known_types = " and ".join(map(str.capitalize, roles))
            yield Refusal(~second, one, f"{name} is none of its replica types, {known_types}")
    first = roles[0].capitalize()
    needed = workload.kind in ("MPIJob", "XGBoostJob")
    if needed and workload.group(first) is None:
        yield Refusal(TRUE, specs, f"it must have a {first}")
    for group in workload.groups:
        if not group.count.trail:
            continue
        if group.role.lower() == roles[0] and workload.kind in ("PyTorchJob", "XGBoostJob", "MPIJob"):
            yield Refusal(group.count != 1, group.count, f"there must be one {first}, and it asks for {group.count}")
        elif group.role.lower() == "worker" and workload.kind in ("PyTorchJob", "MPIJob"):
            judged = second if workload.kind == "MPIJob" else TRUE
            few = group.count < 1
            yield Refusal(few & judged, group.count, f"there must be a Worker, and it asks for {group.count}")


def _containers(workload: Workload) -> Iterator[Refusal]:
    wanted = TRAINERS[workload.kind]
    for group in workload.groups:
        containers = group.spec.field("containers")
        if not group.containers or not _seen(containers):
            continue
        names = [one.name for one in group.containers]
        if any(name.is_absent for name in names):
            continue
        reason = f"a container of the {group.role} must be called {wanted}"
        yield Refusal(every(name != wanted for name in names), names[0], reason)


def _slots(resources: Value) -> Iterator[Refusal]:
    each, most = resources.field("slots_per_trial").as_int(), resources.field("max_slots").as_int()
    if not each.is_absent and not most.is_absent:
        yield Refusal(each > most, each, f"slots_per_trial is {each}, but max_slots {most}")


def _seen(value: Value) -> bool:
    return isinstance(value.content, Fields | Items) and value.content.complete
