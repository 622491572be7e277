"""RayCluster, RayJob and RayService of KubeRay: a head and groups of workers, whose GPUs Ray counts together.

By https://github.com/ray-project/kuberay , ray-operator/controllers/ray: `generateRayStartCommand` and
`addWellKnownAcceleratorResources` of common/pod.go (rayStartParams win over the container's limits),
`GetWorkerGroupDesiredReplicas` of utils/util.go; defaults by ray-operator/apis/ray/v1/raycluster_types.go.  The entry
point of a RayJob is a shell command that runs in the head pod.
"""

from __future__ import annotations

import posixpath
import re
from typing import Final

from dtlint.job.site import Site
from dtlint.job.spread import corners
from dtlint.job.workload import Replicas, Workload
from dtlint.run.word import Word, plain
from dtlint.source import Source, Span
from dtlint.tools.manifests import operator
from dtlint.tools.manifests.beside import of_kind
from dtlint.tools.manifests.pods import listed, pods, replicas, whole
from dtlint.tools.manifests.quantity import amount
from dtlint.tools.manifests.words import word
from dtlint.value import How, Step, Value, absent, known, unknown

KINDS: Final = frozenset({"ray.io/RayCluster", "ray.io/RayJob", "ray.io/RayService"})
SPECS: Final = {"RayCluster": "spec", "RayJob": "spec.rayClusterSpec", "RayService": "spec.rayClusterConfig"}
_CONNECTS: Final = re.compile(r"ray\.init\(\s*(?:address\s*=\s*)?[\"'](?:auto|ray://)")
_TRAINS: Final = re.compile(r"\bScalingConfig\(")


def read(record: Value, site: Site, source: Source) -> Workload | None:
    kind, name = record.field("kind").string or "", record.field("metadata").field("name")
    spec = record.get(SPECS[kind])
    head_spec = spec.field("headGroupSpec")
    if not head_spec.trail or head_spec.is_absent:
        return None
    workload = Workload(kind, name, record.field("kind").at, record, ())
    workload.namespace = record.field("metadata").field("namespace")
    head = replicas("head", known(1), head_spec.field("template"), site, source)
    head.offered, head.offered_cpus = _gpus(head, head_spec), _cpus(head, head_spec)
    groups = [head]
    total = head.offered
    scales = spec.field("enableInTreeAutoscaling")
    for one in listed(spec.field("workerGroupSpecs")):
        most, count = _count(one, scales)
        group = replicas(one.field("groupName").string or "worker", count, one.field("template"), site, source)
        group.waits = True
        group.offered, group.offered_cpus = _gpus(group, one), _cpus(group, one)
        total = total + most * group.offered
        groups.append(group)
    head.waits = True
    if not whole(spec.field("workerGroupSpecs")) or not whole(spec):
        total = unknown("the GPUs of the cluster", key=("ray gpus", workload.at), low=0, whole=True)
    workload.groups, workload.gpus = tuple(groups), total
    for group in groups:
        names = [
            unknown("the pod's name", key=("pod name", group.at, group.role, index), family=("pod name", group.at))
            for index in corners(group.count)
        ]
        group.hosts = pods(group, names, known(0), workload)
    for host in head.hosts:
        # What runs in the head pod starts its workers elsewhere, and they are looked at on its host.
        host.gpus = unknown("the GPUs of the workers", key=("ray worker", workload.at), low=0, whole=True)
        host.cpus = unknown("the CPUs of the workers", key=("ray worker cpus", workload.at), low=1)
        host.container = None
    launched = operator.launch(workload, known(1), allocation=operator.granted(workload, workload.pods, ()))
    workload.launch = launched
    commands = [_entry(record.field("spec").field("entrypoint"), source)] if kind == "RayJob" else []
    if kind == "RayCluster":
        commands += _scripts(site, source)
    operator.start(
        launched,
        [operator.child(launched, head, head.hosts[0], {}, site, command=one) for one in commands if one is not None],
    )
    return workload


def _count(group: Value, scales: Value) -> tuple[Value, Value]:
    """Pods that the group may come to have, and pods that it is started with."""
    hosts = group.field("numOfHosts").as_int().or_default(known(1))
    low = group.field("minReplicas").as_int().or_default(known(0))
    high = group.field("maxReplicas").as_int()
    wanted = group.field("replicas").as_int().or_default(low)
    hidden = unknown("the pods of the group", key=("ray pods", group.at), low=0, whole=True)
    if wanted.integer is None or low.integer is None or (not high.is_absent and high.integer is None):
        return hidden, hidden
    top = high.integer if high.integer is not None else None
    number = max(wanted.integer, low.integer)
    started = known(number, *wanted.trail) if top is None or number <= top else high
    if scales.is_absent or scales.options == (False,):
        return started * hosts, started * hosts
    return (hidden if top is None else high * hosts), started * hosts


def _gpus(group: Replicas, spec: Value) -> Value:
    """GPUs that `ray start` is told of: `num-gpus`, or else the limit of the container that runs Ray, the first one."""
    if group.trainer is None:
        return unknown("the GPUs of the pod", key=("ray gpus", group.at), low=0, whole=True)
    started = spec.field("rayStartParams").field("num-gpus").or_default(spec.field("resources").field("GPU"))
    return started.as_int().or_default(group.trainer.gpus.or_default(known(0, Step(How.DEFAULT, "no GPU", group.at))))


def _cpus(group: Replicas, spec: Value) -> Value:
    """CPUs that `ray start` is told of: `num-cpus`, or else the limit, rounded up; without one its machine's."""
    containers = listed(group.spec.field("containers"))
    limit = amount(containers[0].field("resources").field("limits").field("cpu")) if containers else absent()
    started = spec.field("rayStartParams").field("num-cpus").or_default(spec.field("resources").field("CPU"))
    hidden = unknown("the CPUs of the pod", key=("ray cpus", group.at), low=0, whole=True)
    return started.as_int().or_default(limit.ceil_div(known(1)).or_default(hidden))


def _entry(entry: Value, source: Source) -> tuple[Word, ...] | None:
    if entry.is_absent or not entry.trail:
        return None
    return plain("bash", entry.at), plain("-c", entry.at), word(entry, source, shell=True)


def _scripts(site: Site, source: Source) -> list[tuple[Word, ...]]:
    """Scripts beside the manifest of the only cluster there that connect to a running cluster and train on it."""
    if len(list(of_kind(site.documents, *SPECS))) != 1:
        return []
    found: list[tuple[Word, ...]] = []
    for path in site.files.listing(posixpath.dirname(source.path)):
        script = site.files.source(path) if path.endswith(".py") else None
        if script is not None and _TRAINS.search(script.text) and (match := _CONNECTS.search(script.text)):
            at = Span(path, match.start(), match.end())
            found.append((plain("python", at), plain(posixpath.basename(path), at)))
    return found
