from itertools import combinations

from dtlint.job.run import Run
from dtlint.rule import Finding
from dtlint.value import known, truth


def check(run: Run):
    """The scheduler puts no two pods with one host port on one machine: they must want the same machine surely."""
    wanted = [
        (group, port)
        for workload in run.workloads
        for group in workload.groups
        for one in group.containers
        for port in one.ports.values()
    ]
    blamed = set()
    for (first, port), (second, other) in combinations(wanted, 2):
        at = other if other.trail else second
        if first is second or at.at in blamed:
            continue
        both = first.host_network == known(True)
        both = both & (second.host_network == known(True)) & (first.count > 0) & (second.count > 0)
        found = both & (first.node == second.node) & truth(not first.node.is_absent) & (port == other) & (port > 0)
        if found.always:
            blamed.add(at.at)
            yield Finding(
                when=found,
                at=at,
                because=(("the other pod wants it here", port if port.trail else first), first.node, second.node),
                port=other,
                node=second.node,
            )
