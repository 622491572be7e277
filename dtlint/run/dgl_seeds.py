"""Which nodes of a distributed graph of DGL a trainer trains on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from dtlint.run.effects import Answer, Effect
from dtlint.run.packages import HARMLESS, keeps_to
from dtlint.run.script.trace import Event, ScriptRun

_LOADERS: Final = frozenset(
    f"dgl.{package}.Dist{what}DataLoader" for package in ("dataloading", "distributed") for what in ("Node", "Edge")
)
_GRAPH: Final = "dgl.distributed.DistGraph"
_SHARES: Final = re.compile("split|rank|part|local|shard")
"""Calls with which a trainer takes its part of the nodes."""


def all_seeds(run: ScriptRun) -> Iterator[tuple[Event, Event]]:
    """Loaders on which a trainer surely trains, and the graph, in a script in which nobody is given a part: DGL leaves
    that to `node_split`; its loaders take the seeds as they are given."""
    graph = next((event for event in run.called(_GRAPH) if event.surely), None)
    if graph is None or not run.complete or not keeps_to(run.events, HARMLESS | {"dgl"}):
        return
    told = any(event.row is not None and event.row.answer is Answer.RANK for event in run.events)
    if told or any(_SHARES.search(event.method.lower()) for event in run.events if event is not graph):
        return
    if any("RANK" in read.name for read in run.reads) or not any(run.effects(Effect.BACKWARD)):
        return
    yield from ((loader, graph) for loader in run.called(*_LOADERS) if loader.surely and not loader.open)
