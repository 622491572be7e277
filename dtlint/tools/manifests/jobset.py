"""JobSet: Jobs that stand together, with one headless Service for all their pods.

Names and defaults by release 0.9: `Default` of pkg/webhooks/jobset_webhook.go, pkg/util/placement/placement.go and
`GetSubdomain` of pkg/controllers/jobset_controller.go of https://github.com/kubernetes-sigs/jobset .  Every pod is
`<jobset>-<replicated job>-<job index>-<pod index>` in the subdomain `network.subdomain`, which is the JobSet's name
where nothing says otherwise.
"""

from __future__ import annotations

from typing import Final

from dtlint.job.naming import Series
from dtlint.job.site import Site
from dtlint.job.spread import corners
from dtlint.job.workload import Replicas, Workload
from dtlint.source import Source
from dtlint.tools.manifests import operator
from dtlint.tools.manifests.job import at_once
from dtlint.tools.manifests.pods import described, listed, pods, replicas
from dtlint.value import How, Step, Value, absent, known, unknown

KINDS: Final = frozenset({"jobset.x-k8s.io/JobSet"})


def read(record: Value, site: Site, source: Source) -> Workload | None:
    spec, metadata = record.field("spec"), record.field("metadata")
    name = metadata.field("name")
    network = spec.field("network")
    workload = Workload("JobSet", name, record.field("kind").at, record, ())
    workload.namespace = metadata.field("namespace")
    domain = network.field("subdomain").or_default(name)
    if network.field("enableDNSHostnames").options == (False,):
        domain = absent(*network.trail)
    groups: list[Replicas] = []
    first = known(0)
    for one in listed(spec.field("replicatedJobs")):
        job = one.field("template").field("spec")
        copies = (
            one.field("replicas")
            .as_int()
            .or_default(known(1, Step(How.DEFAULT, "replicas defaults to 1", workload.at)))
        )
        parallel = at_once(job)
        role = one.field("name").string or "job"
        group = replicas(role, copies * parallel, job.field("template"), site, source)
        group.first = first
        if job.field("completionMode").string != "NonIndexed":
            numbers = job.field("completions").as_int().or_default(parallel)
            group.series = _series(name, one.field("name"), copies, numbers, domain, workload.namespace)
        group.hosts = pods(group, _names(name, role, group, parallel), first, workload)
        first = first + group.count
        groups.append(group)
    if not groups:
        return None
    workload.groups = tuple(groups)
    workload.names = () if domain.is_absent else (domain,)
    launched = operator.launch(workload, workload.pods, joins=len(groups) == 1)
    workload.launch = launched
    children = []
    for group, one in zip(groups, listed(spec.field("replicatedJobs")), strict=True):
        parallel = at_once(one.field("template").field("spec"))
        for index, host in zip(corners(group.count), group.hosts, strict=True):
            children.append(operator.child(launched, group, host, _given(index, parallel), site))
    operator.start(launched, children)
    return workload


def _given(index: int, parallel: Value) -> dict[str, Value]:
    """JobSet makes its Jobs indexed; the Job controller then tells each pod its index in the Job."""
    each = parallel.integer
    if each is None or each < 1:
        return {"JOB_COMPLETION_INDEX": unknown("$JOB_COMPLETION_INDEX", key=("index", index), low=0, whole=True)}
    return {"JOB_COMPLETION_INDEX": known(index % each)}


def _series(
    name: Value, job: Value, copies: Value, numbers: Value, domain: Value, namespace: Value
) -> tuple[Series, ...]:
    if name.string is None or job.string is None or copies.integer is None or copies.integer > 512:
        return ()
    return tuple(
        Series(f"{name.string}-{job.string}-{copy}-", numbers, domain, namespace) for copy in range(copies.integer)
    )


def _names(name: Value, role: str, group: Replicas, parallel: Value) -> list[Value]:
    places, each = corners(group.count), parallel.integer
    if name.string is None or each is None or each < 1:
        return [
            unknown("the pod's name", key=("pod name", group.at, index), family=("pod name", group.at))
            for index in places
        ]
    return described([f"{name.string}-{role}-{index // each}-{index % each}" for index in places], name)
