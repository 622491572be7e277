"""What Ray is asked to place on one node, and what its nodes have.

A bundle is never divided: `python/ray/util/placement_group.py`; the workers of Ray Train are bundles of one group
(`ScalingConfig._resources_per_worker_not_none` and `as_placement_group_factory` of python/ray/air/config.py): a worker
that names no resources takes a CPU, and a GPU with `use_gpu`; one that names some takes these, and a GPU with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dtlint.job.process import Process
from dtlint.job.run import Run
from dtlint.record import record
from dtlint.run.ray_clusters import starts
from dtlint.run.script.objects import as_value
from dtlint.run.script.trace import Event
from dtlint.value import Items, Truth, Value, absent, every, known, unknown

_GROUPS: Final = ("ray.util.placement_group.placement_group", "ray.util.placement_group")


@record(eq=False)
class Bundle:
    """Resources that must be free on one node."""

    event: Event
    cpus: Value
    gpus: Value
    called: str
    """What it is to the user: a bundle, a worker."""

    def beyond(self, node: Node) -> Truth:
        return (self.cpus > node.cpus) | (self.gpus > node.gpus)

    def beyond_gpus(self, node: Node) -> bool:
        return (self.gpus > node.gpus).always


@record(eq=False)
class Node:
    called: str
    cpus: Value
    gpus: Value


def bundles(process: Process) -> Iterator[Bundle]:
    """Those that the process surely asks for."""
    for event in process.events:
        if not event.surely or event.open:
            continue
        if event.name in _GROUPS:
            yield from _of_group(event)
        elif event.name == "ray.train.ScalingConfig":
            yield _worker(event)


def _of_group(event: Event) -> Iterator[Bundle]:
    given = event.given(0, "bundles")
    wanted = as_value(given).content if given is not None else None
    if not isinstance(wanted, Items) or not wanted.complete:
        return
    strategy = event.given(1, "strategy")
    together = strategy is not None and as_value(strategy).string == "STRICT_PACK"
    each = [(one.field("CPU").or_default(known(0)), one.field("GPU").or_default(known(0))) for one in wanted.items]
    if together and each:
        cpus, gpus = each[0]
        for more_cpus, more_gpus in each[1:]:
            cpus, gpus = cpus + more_cpus, gpus + more_gpus
        yield Bundle(event, cpus, gpus, "a group that is to be packed on one node")
        return
    for cpus, gpus in each:
        yield Bundle(event, cpus, gpus, "a bundle")


def _worker(event: Event) -> Bundle:
    named, uses = event.argument("resources_per_worker"), event.argument("use_gpu").or_default(known(False))
    gpus = known(1).after(uses.trail) if uses.options == (True,) else known(0)
    if named.is_absent:
        return Bundle(event, known(1), gpus, "a worker")
    return Bundle(event, named.field("CPU").or_default(known(0)), named.field("GPU").or_default(gpus), "a worker")


def nodes(process: Process, run: Run) -> list[Node]:
    """All kinds of nodes of the cluster on which the process works; none where one is not known."""
    for workload in run.workloads:
        if process.host in workload.hosts and not workload.gpus.is_absent and workload.gpus.known:
            return [Node(group.role, group.offered_cpus, group.offered) for group in workload.groups]
    heads, others = starts(run)
    if heads:
        return [_started(launch.options.value("--num-cpus"), launch.options.value("--num-gpus"), launch.host.gpus)
                for launch in (*heads, *others)]  # fmt: skip
    for event in process.called("ray.init"):
        alone = "address" not in event.keywords and not event.positional
        if event.surely and not event.open and alone:
            cpus, gpus = (event.keywords.get(name, absent()) for name in ("num_cpus", "num_gpus"))
            return [_started(as_value(cpus), as_value(gpus), process.host.gpus)]
    return []


def _started(cpus: Value, gpus: Value, there: Value) -> Node:
    hidden = unknown("the CPUs of the node", key=("ray node cpus", str(there)), low=0, whole=True)
    return Node("a node", cpus.as_int().or_default(hidden), gpus.as_int().or_default(there))


def nowhere(bundle: Bundle, among: list[Node]) -> Truth:
    """No node can ever hold it."""
    return every(bundle.beyond(node) for node in among)
