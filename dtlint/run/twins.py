"""Processes of one job that surely join one process group with the same rank."""

from __future__ import annotations

from itertools import combinations

from dtlint.job.joining import Joining, joinings
from dtlint.job.process import Process
from dtlint.job.run import Run
from dtlint.job.world import World
from dtlint.run.host import is_loopback
from dtlint.value import TRUE, Truth, some

Twins = tuple[Joining, Joining, Truth]
"""Two that join with one rank, and whether both of them are there and several processes were to join."""


def twins(run: Run, world: World) -> list[Twins]:
    """Among the world's processes and those that their scripts surely start; what is sure comes first."""
    joined = [next(joinings(process), None) for process in _members(run, world)]
    ranked = [joining for joining in joined if joining is not None and joining.rank.known]
    beyond = some(joining.rank > 0 for joining in ranked)  # it says as well that there are several
    found = [
        (one, other, ((one.size > 1) | beyond) & _both_there(world, one.process, other.process))
        for one, other in combinations(ranked, 2)
        if _met(one, other) and one.rank.same(other.rank)
    ]
    return sorted(found, key=lambda pair: not pair[2].surely)


def _members(run: Run, world: World) -> list[Process]:
    spawned = [one for one in run.processes if one.spawned_by is not None and one.spawned_by.world is world]
    return [*world.processes, *(process for process in spawned if _surely_started(process))]


def _both_there(world: World, one: Process, other: Process) -> Truth:
    """Of how many there are on a host, the second one is looked at as if it were there."""
    first, second = (process.spawned_by or process for process in (one, other))
    return world.per_node > 1 if first is not second and first.host.is_(second.host) else TRUE


def _surely_started(process: Process) -> bool:
    parent = process.spawned_by.run if process.spawned_by is not None else None
    return parent is not None and any(child.event.surely for child in parent.children if child.at == process.at)


def _met(one: Joining, other: Joining) -> bool:
    """They surely join one group, at the same place in the script."""
    if one.process is other.process or one.event.at != other.event.at:
        return False
    here = (one.address == other.address) & (one.port == other.port) & (one.size == other.size)
    apart = not one.process.host.is_(other.process.host)
    return (here & ~is_loopback(one.address)).always if apart else here.always
