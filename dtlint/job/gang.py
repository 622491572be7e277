"""Pods that a scheduler starts together or not at all.

A PodGroup names the least number of its pods, which say in a label or an annotation that they belong to it:
https://volcano.sh/en/docs/podgroup/ (`minMember`) and
https://github.com/kubernetes-sigs/scheduler-plugins/blob/master/pkg/coscheduling/README.md .
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dtlint.job.run import Run
from dtlint.job.workload import Workload
from dtlint.record import record
from dtlint.value import Value, absent

MEMBERSHIP: Final = (
    "scheduling.k8s.io/group-name",
    "scheduling.volcano.sh/group-name",
    "scheduling.x-k8s.io/pod-group",
)
"""Annotations and labels that name the PodGroup of a pod."""


@record(eq=False)
class Gang:
    workload: Workload
    minimum: Value
    """Pods that must find room before any is started."""
    needed: Value
    """Pods that wait for each other when they start."""


def gangs(run: Run) -> Iterator[Gang]:
    for workload in run.workloads:
        minimum = minimum_of(run, workload)
        needed = workload.meeting
        if needed.is_absent:
            needed = _told(run, workload)
        if not minimum.is_absent and not needed.is_absent:
            yield Gang(workload, minimum, needed)


def minimum_of(run: Run, workload: Workload) -> Value:
    """Pods that must find room before any is started; absent where nothing waits for others."""
    minimum = workload.minimum.as_int()
    return _of_group(run, workload) if minimum.is_absent else minimum


def _of_group(run: Run, workload: Workload) -> Value:
    """`minMember` of the PodGroup that the pods name; absent where they name none that stands beside them."""
    names = [
        value
        for group in workload.groups
        for labels in (group.labels, group.annotations)
        for value in (labels.field(key) for key in MEMBERSHIP)
        if not value.is_absent
    ]
    described = [one for one in run.documents if one.field("kind").string == "PodGroup"]
    found = [one for one in described if any((one.field("metadata").field("name") == name).always for name in names)]
    return found[0].field("spec").field("minMember").as_int() if found and len(workload.groups) == 1 else absent()


def _told(run: Run, workload: Workload) -> Value:
    """Nodes that a launcher in the pods is told to wait for."""
    started = [launch for launch in run.launches if launch.parent is workload.launch and not launch.spreads]
    static = [launch for launch in started if launch.rendezvous.kind == "static" and launch.nodes.known]
    return static[0].nodes if static and workload.launch is not None else absent()
