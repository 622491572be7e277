"""PyTorchJob of Kubeflow's training operator.

Names, defaults and variables by release 1.9: pkg/controller.v1/pytorch/{envvar,master,elastic}.go and
pkg/apis/kubeflow.org/v1/pytorch_defaults.go of https://github.com/kubeflow/training-operator .
"""

from __future__ import annotations

from typing import Final

from dtlint.job.launch import Rendezvous
from dtlint.job.naming import Series
from dtlint.job.site import Site
from dtlint.job.spread import corners
from dtlint.job.workload import Replicas, Workload
from dtlint.source import Source
from dtlint.tools.manifests import operator
from dtlint.tools.manifests.pods import described, entries, pods, replicas
from dtlint.value import How, Step, Value, absent, known, text, unknown

KINDS: Final = frozenset({"kubeflow.org/PyTorchJob"})
DEFAULT_PORT: Final = 23456
PORT_NAME: Final = "pytorchjob-port"


def read(record: Value, site: Site, source: Source) -> Workload | None:
    spec, name = record.field("spec"), record.field("metadata").field("name")
    groups = [
        replicas(role, _count(one, record), one.field("template"), site, source, "pytorch")
        for role, one in entries(spec.field("pytorchReplicaSpecs"))
        if role.lower() in ("master", "worker")
    ]
    for group in groups:
        if group.trainer is not None:
            group.trainer.ports.setdefault(PORT_NAME, known(DEFAULT_PORT))
    groups.sort(key=lambda group: group.role.lower())
    workload = Workload("PyTorchJob", name, record.field("kind").at, record, tuple(groups))
    workload.namespace = record.field("metadata").field("namespace")
    elastic = spec.field("elasticPolicy")
    workload.slots = spec.field("nprocPerNode").or_default(elastic.field("nProcPerNode"))
    policy = spec.field("runPolicy").field("schedulingPolicy")
    workload.minimum = policy.field("minAvailable")
    workload.meeting = workload.pods if elastic.is_absent else absent()
    before = known(0)
    for group in groups:
        group.first = before
        if name.string is not None:
            prefix = f"{name.string}-{group.role.lower()}-"
            group.series = (Series(prefix, group.count, absent(), workload.namespace, own_service=True),)
        names = [_pod_name(name, group, index) for index in corners(group.count)]
        group.hosts = pods(group, names, before, workload)
        # The rank of a worker is its number and one, however many masters are asked for: more than one is refused.
        before = before + (known(1) if group.role.lower() == "master" else group.count)
    master = workload.group("Master")
    port = _port(master or workload.group("Worker"))
    address = _pod_name(name, master, 0) if master is not None else absent()
    launched = operator.launch(
        workload,
        workload.pods if elastic.is_absent else _between(*_range(workload, elastic), workload),
        Rendezvous("env", address, port, absent()) if elastic.is_absent else None,
        ranks=master is not None,
        joins=True,
    )
    workload.launch = launched
    children = []
    for group in groups:
        for host in group.hosts:
            rank = known(host.index)
            given = {"PYTHONUNBUFFERED": known("1")}
            if master is not None:
                given |= {
                    "MASTER_ADDR": address, "PET_MASTER_ADDR": address, "MASTER_PORT": port, "PET_MASTER_PORT": port,
                    "WORLD_SIZE": _world_size(workload), "RANK": rank, "PET_NODE_RANK": rank,
                }  # fmt: skip
            given["PET_NPROC_PER_NODE"] = workload.slots.or_default(known("auto"))
            given |= _elastic(workload, elastic, name, port) if not elastic.is_absent else {"PET_NNODES": workload.pods}
            children.append(operator.child(launched, group, host, given, site, rank if master else None))
    operator.start(launched, children)
    return workload


def _count(replica: Value, record: Value) -> Value:
    default = known(1, Step(How.DEFAULT, "replicas defaults to 1", record.field("kind").at))
    return replica.field("replicas").as_int().or_default(default)


def _pod_name(job: Value, group: Replicas, index: int) -> Value:
    """Each pod has a service of its name."""
    ending = f"-{group.role.lower()}-{index}"
    if job.string is None:
        return (
            text((job, ending)).after(job.trail)
            if not job.is_absent
            else unknown("the pod's name", key=(group.at, index))
        )
    return described([job.string + ending], job)[0]


def _port(group: Replicas | None) -> Value:
    return group.trainer.ports[PORT_NAME] if group is not None and group.trainer is not None else known(DEFAULT_PORT)


def _world_size(workload: Workload) -> Value:
    """Pods, times `nprocPerNode` where that is a number."""
    slots = workload.slots.as_int()
    if workload.slots.is_absent or workload.slots.string in ("auto", "cpu", "gpu"):
        return workload.pods
    return workload.pods * slots


def _elastic(workload: Workload, policy: Value, name: Value, port: Value) -> dict[str, Value]:
    worker = workload.group("Worker")
    low, high = _range(workload, policy)
    host = policy.field("rdzvHost")
    if host.is_absent and worker is not None:
        host = _pod_name(name, worker, 0)
    given = {
        "PET_NNODES": text((low.as_text(), ":", high.as_text())),
        "PET_RDZV_BACKEND": policy.field("rdzvBackend").or_default(known("c10d")),
        "PET_RDZV_ENDPOINT": text((host, ":", policy.field("rdzvPort").or_default(port).as_text())),
    }
    given |= {
        variable: policy.field(field)
        for field, variable in (
            ("maxRestarts", "PET_MAX_RESTARTS"),
            ("rdzvId", "PET_RDZV_ID"),
            ("standalone", "PET_STANDALONE"),
        )
        if not policy.field(field).is_absent
    }
    return given


def _range(workload: Workload, policy: Value) -> tuple[Value, Value]:
    """The fewest and the most workers of an elastic job."""
    worker = workload.group("Worker")
    count = worker.count if worker is not None else unknown("the workers", key=("workers", workload.at))
    low, high = policy.field("minReplicas"), policy.field("maxReplicas")
    return low.or_default(high).or_default(count), high.or_default(low).or_default(count)


def _between(low: Value, high: Value, workload: Workload) -> Value:
    """The pods of an elastic job at a time: an autoscaler adds some and takes some away."""
    if low.integer is not None and low.integer == high.integer:
        return low
    bounds = low.integer or 1, high.integer or 10**6
    return unknown(
        "the pods of the elastic job", key=("elastic", workload.at), low=bounds[0], high=bounds[1], whole=True
    )
