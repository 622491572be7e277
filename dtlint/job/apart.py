"""Pods that surely stand on different machines.

The scheduler keeps two pods apart by a required anti-affinity by host name, by host ports (with the host's network
every port of a container is one), and by GPUs:
https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/ ,
https://kubernetes.io/docs/concepts/services-networking/service/ .
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from dtlint.job.instances import gpus_of
from dtlint.job.workload import Replicas, Workload
from dtlint.value import Fields, Items, Value

MACHINE_TYPES: Final = ("node.kubernetes.io/instance-type", "beta.kubernetes.io/instance-type")
MOST_GPUS: Final = 16
"""GPUs of the largest machines."""
_BY_HOST: Final = "kubernetes.io/hostname"
_JOB_NAMES: Final = (
    "training.kubeflow.org/job-name", "job-name", "batch.kubernetes.io/job-name", "volcano.sh/job-name",
    "jobset.sigs.k8s.io/jobset-name", "pytorch-job-name", "ray.io/cluster",
)  # fmt: skip
"""Labels that operators give to all pods of a job, with its name."""


def on_several_machines(workload: Workload, groups: Sequence[Replicas]) -> Value | None:
    """What makes that the pods of these groups stand on two machines at least; None where nothing surely does."""
    for group in groups:
        if (group.count > 1).always:
            found = _repelled(workload, group) or _by_ports(group) or _by_machine(group)
            if found is not None:
                return found
    gpus = [(group.trainer.gpus, group.count) for group in groups if group.trainer is not None]
    total = sum((each.integer or 0) * (count.integer or 0) for each, count in gpus)
    return next((each for each, _ in gpus if each.trail), None) if total > MOST_GPUS else None


def _repelled(workload: Workload, group: Replicas) -> Value | None:
    """A required anti-affinity that the pods of the group have against each other."""
    terms = group.spec.get("affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution").content
    for term in terms.items if isinstance(terms, Items) else ():
        wanted = term.get("labelSelector.matchLabels")
        labels = wanted.content
        if term.field("topologyKey").string != _BY_HOST or not isinstance(labels, Fields) or not labels.complete:
            continue
        if not term.get("labelSelector.matchExpressions").is_absent or not labels.entries:
            continue
        if all((value == _label(workload, group, name)).always for name, value in labels.entries.items()):
            return term.field("topologyKey")
    return None


def _label(workload: Workload, group: Replicas, name: str) -> Value:
    return workload.name if name in _JOB_NAMES else group.labels.field(name)


def _by_ports(group: Replicas) -> Value | None:
    """Two pods that take one port of the machine."""
    for container in _items(group.spec.field("containers")):
        for port in _items(container.field("ports")):
            if not port.field("hostPort").is_absent and port.field("hostPort").known:
                return port.field("hostPort")
            if group.host_network.options == (True,) and port.field("containerPort").known:
                return group.host_network
    return None


def _by_machine(group: Replicas) -> Value | None:
    """Two pods have more GPUs than a machine of the type that they select."""
    each = group.trainer.gpus.integer if group.trainer is not None else None
    for label in MACHINE_TYPES:
        kind = group.spec.field("nodeSelector").field(label)
        there = gpus_of(kind.string)
        if there is not None and each is not None and 2 * each > there:
            return kind
    return None


def _items(value: Value) -> tuple[Value, ...]:
    return value.content.items if isinstance(value.content, Items) else ()
