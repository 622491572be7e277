"""The root of a collective of the whole world: the one process from which, or to which, something goes."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Final

from dtlint.job.process import Process
from dtlint.job.world import World
from dtlint.record import record
from dtlint.run.collectives import comes_about, meets_all, one_group
from dtlint.run.script.trace import Event, ScriptRun
from dtlint.value import Value

_ROOTS: Final = {
    "broadcast": "src",
    "broadcast_object_list": "src",
    "scatter": "src",
    "scatter_object_list": "src",
    "reduce": "dst",
    "gather": "dst",
    "gather_object": "dst",
}


@record(eq=False)
class Disagreement:
    """One collective for which two processes name different roots."""

    event: Event
    parameter: str
    root: Value
    other_root: Value
    first: Process
    second: Process


def disagreements(world: World) -> Iterator[Disagreement]:
    """One for each place, of the first two processes that name different ones in the same call."""
    told: set[object] = set()
    for (first, mine), (second, theirs) in combinations(world.finished, 2):
        if not one_group(mine) or not one_group(theirs):
            continue
        here, there = _rooted(mine), _rooted(theirs)
        for place, events in here.items():
            others = there.get(place, [])
            if place in told or len(events) != len(others):
                continue
            for event, other in zip(events, others, strict=True):
                parameter = _ROOTS[event.method]
                root, other_root = event.argument(parameter), other.argument(parameter)
                if _apart(root, other_root) and comes_about(event, mine) and comes_about(other, theirs):
                    told.add(place)
                    yield Disagreement(event, parameter, root, other_root, first, second)
                    break


def _apart(root: Value, other: Value) -> bool:
    left, right = root.integer, other.integer
    return left is not None and right is not None and left != right


def _rooted(run: ScriptRun) -> dict[object, list[Event]]:
    """The collectives with a root in which all processes meet, by the place where they are called."""
    found: dict[object, list[Event]] = {}
    for event in run.events:
        if event.method in _ROOTS and event.name == f"torch.distributed.{event.method}" and meets_all(event):
            found.setdefault(event.place, []).append(event)
    return found
