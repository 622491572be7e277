"""An operator at work: the launch that a workload makes, and what its pods find when they start."""

from __future__ import annotations

from collections.abc import Mapping

from dtlint.job.launch import Allocation, Child, Launch, Rendezvous
from dtlint.job.site import Site
from dtlint.job.workload import Replicas, Workload
from dtlint.run.environment import Environment
from dtlint.run.host import Host, unknown_host
from dtlint.run.word import Exec, Word, plain
from dtlint.source import Span
from dtlint.tools.manifests.downward import fields
from dtlint.tools.manifests.words import refilled
from dtlint.tools.options import Options
from dtlint.value import How, Step, Value, absent, known, unknown

NOWHERE = Rendezvous("unknown", absent(), absent(), absent())


def launch(
    workload: Workload,
    nodes: Value,
    rendezvous: Rendezvous | None = None,
    ranks: bool = False,
    joins: bool = False,
    allocation: Allocation | None = None,
    at: Span | None = None,
) -> Launch:
    """The launch of one process on each of `nodes` pods; `ranks` where the operator gives them ranks, `joins` where all
    pods are one world, `at` where it is not all of the workload."""
    at = at or workload.at
    scope = ("workload", at)
    exec = Exec(
        argv=(plain(workload.kind, at),),
        environment=Environment({}, scope=scope),
        directory=unknown("the working directory", key=("directory", at)),
        at=at,
        host=unknown_host(0, scope),
    )
    return Launch(
        tool=workload.kind,
        exec=exec,
        options=Options(),
        nodes=nodes,
        per_node=known(1),
        total=nodes,
        node_rank=absent(),
        rendezvous=rendezvous or NOWHERE,
        spreads=True,
        ranks=ranks,
        joins=joins,
        allocation=allocation or granted(workload, nodes, workload.hosts),
    )


def granted(
    workload: Workload,
    nodes: Value,
    hosts: tuple[Host, ...],
    slots: Value | None = None,
    hostfiles: tuple[str, ...] = (),
) -> Allocation:
    """What the launchers in the pods of a workload find: `hosts` of `nodes`, with `slots` on each in a hostfile."""
    gpus = next((host.container.gpus for host in hosts if host.container is not None), absent())
    return Allocation(
        scheduler=workload.kind,
        at=workload.at,
        nodes=nodes,
        tasks=absent(),
        tasks_per_node=absent(),
        cpus_per_task=absent(),
        gpus_per_node=gpus,
        gpus_per_task=absent(),
        hosts=hosts,
        slots=slots if slots is not None else absent(),
        hostfiles=hostfiles,
    )


def child(
    launched: Launch,
    group: Replicas,
    host: Host,
    given: Mapping[str, Value],
    site: Site,
    rank: Value | None = None,
    index: Value | None = None,
    command: tuple[Word, ...] | None = None,
) -> Child | None:
    """What the trainer of one pod runs and finds; `given` by the operator wins over what the template says.

    `command` is what it runs where the template does not say it; `index` is the pod's number in its set, where it is
    not the index of an indexed Job.
    None where the image says what is run.
    """
    container = group.trainer
    words = command or (container.command if container is not None else None)
    if container is None or words is None:
        return None
    here = Step(How.ENVIRONMENT, f"set by the {launched.tool} operator for its pods", launched.at)
    variables = {
        "HOSTNAME": host.name,
        "KUBERNETES_SERVICE_HOST": unknown("$KUBERNETES_SERVICE_HOST", key=("kubernetes", launched.at)),
        **container.variables,
        **fields(
            container, host, index if index is not None else given.get("JOB_COMPLETION_INDEX", absent()), launched.at
        ),
        **{name: value.after((here,)).as_text() for name, value in given.items()},
    }
    argv = tuple(refilled(word, variables, container.complete) for word in words)
    environment = Environment(variables, scope=("pod", launched.at, host.index), assumed=site.assumed)
    return Child(
        host=host,
        environment=environment if container.complete else environment.opened(),
        argv=argv,
        node=host.index,
        local=0,
        at=_span(argv),
        directory=unknown("the working directory", key=("directory", container.at)),
        rank=rank if rank is not None else absent(),
    )


def start(launched: Launch, children: list[Child | None]) -> Launch:
    launched.children = tuple(one for one in children if one is not None)
    return launched


def _span(words: tuple[Word, ...]) -> Span:
    """The whole command where its words stand one behind the other."""
    first, last = words[0].at, words[-1].at
    return Span(first.path, first.start, last.end) if first.path == last.path and first.end <= last.end else first
