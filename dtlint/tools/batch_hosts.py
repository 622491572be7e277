"""Hosts that a scheduler grants, of which only their numbers are known before the job runs."""

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
    allocation.hosts = hosts(allocation, scope)
    return allocation


def hosts(allocation: Allocation, scope: object, word: str = "host") -> tuple[Host, ...]:
    """Those that are looked at; `word` is what people of this scheduler call one."""
    return tuple(_host(index, allocation, scope, word) for index in corners(allocation.nodes))


def _host(index: int, allocation: Allocation, scope: object, word: str) -> Host:
    job = (allocation.scheduler, scope, allocation.at)
    gpus = allocation.gpus_per_node
    return Host(
        index=index,
        name=unknown(f"the name of {word} {index}", key=("host name", job, index), family=("host name", job)),
        gpus=gpus if not gpus.is_absent else unknown(f"the GPUs of a {word}", key=("gpus", job), low=0, whole=True),
        cpus=unknown(f"the CPUs of a {word}", key=("cpus", job), low=1, whole=True),
        allocation=allocation,
    )
