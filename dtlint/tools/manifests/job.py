"""Pods of Kubernetes itself: Pod, Job, StatefulSet, Deployment, ReplicaSet, CronJob.

Names and variables: https://kubernetes.io/docs/concepts/workloads/controllers/job/#completion-mode and
https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#stable-network-id .
"""

from __future__ import annotations

from typing import Final

from dtlint.job import kueue
from dtlint.job.naming import Series
from dtlint.job.site import Site
from dtlint.job.spread import corners
from dtlint.job.workload import Workload
from dtlint.source import Source
from dtlint.tools.manifests import operator
from dtlint.tools.manifests.pods import described, pods, replicas
from dtlint.value import Value, absent, known, unknown

KINDS: Final = frozenset(
    {"/Pod", "batch/Job", "batch/CronJob", "apps/StatefulSet", "apps/Deployment", "apps/ReplicaSet"}
)


def read(record: Value, site: Site, source: Source) -> Workload | None:
    kind = record.field("kind").string or ""
    metadata, spec = record.field("metadata"), record.field("spec")
    count = known(1)
    template = record
    if kind == "CronJob":
        spec = spec.field("jobTemplate").field("spec")
    if kind != "Pod":
        template = spec.field("template")
    if kind in ("Job", "CronJob"):
        count = at_once(spec)
    elif kind != "Pod":
        count = spec.field("replicas").as_int().or_default(known(1))
    if template.is_absent or not template.trail:
        return None
    group = replicas(kind.lower(), count, template, site, source)
    name = metadata.field("name")
    workload = Workload(kind, name, record.field("kind").at, record, (group,))
    workload.namespace = metadata.field("namespace")
    workload.minimum = kueue.enough(record) if kind == "Job" else absent()
    indexed = kind == "StatefulSet" or spec.field("completionMode").string == "Indexed"
    if indexed and name.string is not None:
        # Pods of an indexed Job have an index below `completions`; those of a StatefulSet count from `ordinals.start`.
        numbers = spec.field("completions").as_int().or_default(count) if kind == "Job" else count
        domain = spec.field("serviceName") if kind == "StatefulSet" else group.subdomain
        if kind == "CronJob" or not spec.field("ordinals").is_absent:
            numbers = unknown("the pods", key=("pods", workload.at), low=1, whole=True)
        if kind != "CronJob":
            group.series = (Series(f"{name.string}-", numbers, domain, workload.namespace),)
    group.hosts = pods(group, _names(workload, name, count, indexed), known(0), workload)
    workload.launch = operator.launch(workload, count)
    children = []
    for host in group.hosts:
        given: dict[str, Value] = {}
        if kind == "Job" and indexed:
            given["JOB_COMPLETION_INDEX"] = known(host.index)
        index = known(host.index) if kind == "StatefulSet" and spec.field("ordinals").is_absent else None
        children.append(operator.child(workload.launch, group, host, given, site, index=index))
    operator.start(workload.launch, children)
    return workload


def at_once(spec: Value) -> Value:
    """Pods of a Job that run side by side: `parallelism`, but no more than are left of `completions`.

    https://kubernetes.io/docs/concepts/workloads/controllers/job/#controlling-parallelism
    """
    parallel = spec.field("parallelism").as_int().or_default(known(1))
    completions = spec.field("completions").as_int()
    fewer = (completions < parallel).always and (completions > 0).always
    return completions.after(parallel.trail) if fewer else parallel


def _names(workload: Workload, name: Value, count: Value, indexed: bool) -> list[Value]:
    """Host names; those of pods without an index end in letters that are drawn."""
    places = corners(count)
    group = workload.groups[0]
    if workload.kind == "Pod":
        return [group.hostname.or_default(name) for _ in places]
    if indexed and name.string is not None:
        return described([f"{name.string}-{index}" for index in places], name)
    return [
        unknown("the pod's name", key=("pod name", workload.at, index), family=("pod name", workload.at))
        for index in places
    ]
