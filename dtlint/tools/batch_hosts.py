"""Hosts that a scheduler grants where it says little of them: PBS, LSF, Grid Engine."""

from __future__ import annotations

from dtlint.job.launch import Allocation
from dtlint.job.spread import corners
from dtlint.run.host import Host
from dtlint.source import Span
from dtlint.value import Value, absent, unknown


def hidden(allocation: str, what: str, at: Span) -> Value:
    """A number of hosts, tasks or GPUs that the request leaves open."""
    return unknown(f"the {what} of the job", key=(allocation, what, at), low=1, whole=True)


def granted(
    scheduler: str, at: Span, scope: object, nodes: Value, tasks: Value, each: Value, gpus: Value, fallback: Value
) -> Allocation:
    """What a request grants: tasks in all and on each host, GPUs of each host, `fallback` where it says none."""
    allocation = Allocation(
        scheduler=scheduler,
        at=at,
        nodes=nodes,
        tasks=tasks,
        tasks_per_node=each,
        cpus_per_task=absent(),
        gpus_per_node=gpus if not gpus.is_absent else fallback,
        gpus_per_task=absent(),
    )
    allocation.hosts = tuple(_host(index, allocation, scope) for index in corners(nodes))
    return allocation


def _host(index: int, allocation: Allocation, scope: object) -> Host:
    job = (allocation.scheduler, scope, allocation.at)
    gpus = allocation.gpus_per_node
    return Host(
        index=index,
        name=unknown(f"the name of host {index}", key=("host name", job, index), family=("host name", job)),
        gpus=gpus if not gpus.is_absent else unknown("the GPUs of a host", key=("gpus", job), low=0, whole=True),
        cpus=unknown("the CPUs of a host", key=("cpus", job), low=1, whole=True),
        allocation=allocation,
    )
