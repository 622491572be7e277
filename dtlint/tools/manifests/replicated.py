"""Jobs of the training operator: replica types, whose pods are `<job>-<type>-<index>` with a Service each.

By release 1.9 of https://github.com/kubeflow/training-operator : pkg/controller.v1/common/{pod,service}.go.
"""

from __future__ import annotations

from typing import Final

from dtlint.job.naming import Series
from dtlint.job.site import Site
from dtlint.job.spread import corners
from dtlint.job.workload import Replicas, Workload
from dtlint.source import Source
from dtlint.tools.manifests.pods import described, entries, pods, replicas
from dtlint.value import How, Step, Value, absent, known, unknown

ORDER: Final = ("chief", "master", "ps", "worker", "evaluator", "scheduler", "server")


def workload_of(record: Value, specs: str, trainer: str, site: Site, source: Source) -> Workload | None:
    """The workload with its groups and pods; `specs` is the field of its replica types, and `trainer` the name of the
    container that the operator looks for."""
    metadata = record.field("metadata")
    name, kind = metadata.field("name"), record.field("kind")
    default = known(1, Step(How.DEFAULT, "replicas defaults to 1", kind.at))
    groups = [
        replicas(role, one.field("replicas").as_int().or_default(default), one.field("template"), site, source, trainer)
        for role, one in entries(record.field("spec").field(specs))
        if role.lower() in ORDER
    ]
    if not groups:
        return None
    groups.sort(key=lambda group: ORDER.index(group.role.lower()))
    workload = Workload(kind.string or "", name, kind.at, record, tuple(groups))
    workload.namespace = metadata.field("namespace")
    workload.minimum = record.field("spec").get("runPolicy.schedulingPolicy.minAvailable")
    before = known(0)
    for group in groups:
        group.first = before
        prefix = f"{name}-{group.role.lower()}-"
        if name.string is not None:
            group.series = (Series(prefix, group.count, absent(), workload.namespace, own_service=True),)
            names = described([f"{prefix}{index}" for index in corners(group.count)], name)
        else:
            names = [unknown("the pod's name", key=(group.at, index)) for index in corners(group.count)]
        group.hosts = pods(group, names, before, workload)
        before = before + group.count
    return workload


def port(group: Replicas | None, name: str, default: int) -> Value:
    """The container port of this name, or the operator's default."""
    if group is not None and group.trainer is not None and name in group.trainer.ports:
        return group.trainer.ports[name]
    return known(default)


def address(group: Replicas | None) -> Value:
    """The name of the first pod in the cluster."""
    if group is None or not group.hosts:
        return absent()
    if not group.series:
        return unknown("the first pod", key=("first pod", group.at))
    return known(f"{group.series[0].prefix}0", Step(How.COMPUTED, f"the name of the first {group.role}", group.at))
