"""A job as something to draw: its graph with plain names, and what was found at each of its things."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from dtlint.diagnostic import Diagnostic
from dtlint.job.graph import Graph, Look
from dtlint.job.launch import Launch
from dtlint.job.process import Process
from dtlint.job.run import Run
from dtlint.job.world import World
from dtlint.record import record
from dtlint.source import Span

NAME_OF: Final = "the name of "
"""How the symbol of a host's name begins."""


@record
class Mark:
    """A finding as a picture shows it."""

    rule: str
    severity: str
    message: str


@record
class Node:
    name: str
    """`n0`, `n1` …"""
    kind: str
    """That of `dtlint.job.graph.Look`."""
    label: str
    marks: tuple[Mark, ...] = ()


@record
class Edge:
    tail: str
    head: str
    kind: str
    """runs on, starts, runs, takes part in, meets at, is on, is configured by."""
    marks: tuple[Mark, ...] = ()


@record
class Picture:
    root: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    elsewhere: tuple[Mark, ...]
    """Findings at nothing that is drawn."""


def picture(run: Run, found: Iterable[Diagnostic]) -> Picture:
    """The completed run with the findings at its things; of many processes those that are looked at one by one."""
    graph = run.connections()
    root = ("root", run.root)
    # A script that nobody launches starts itself.
    if not (run.unlaunched or run.notebook):
        graph.add(root, "root", run.root)
        graph.connect("starts", *((root, launch) for launch in run.launches if launch.parent is None))
        alone = (process for process in run.processes if process.launch is None and process.spawned_by is None)
        graph.connect("starts", *((root, process) for process in alone))
    for world in run.worlds:
        _more(graph, world)
    names = {thing: f"n{number}" for number, thing in enumerate(graph.nodes)}
    on_things: dict[Any, list[Mark]] = {}
    on_edges: dict[tuple[Any, Any], list[Mark]] = {}
    elsewhere: list[Mark] = []
    for diagnostic in found:
        mark = Mark(diagnostic.rule, diagnostic.severity.value, " ".join(diagnostic.message.split()))
        meetings = [world for world in run.worlds if _at_meeting(world, diagnostic.at)]
        edges = [(tail, head) for tail, head, kind in graph.edges() if tail in meetings and kind == "meets at"]
        things = _innermost(thing for thing, look in graph.nodes.items() if _is_at(thing, look, diagnostic.at))
        if not things and root in graph.nodes and diagnostic.at.path == run.root:
            things = [root]
        for edge in edges:
            on_edges.setdefault(edge, []).append(mark)
            on_things.setdefault(edge[1], []).append(mark)
        for thing in () if edges else things:
            on_things.setdefault(thing, []).append(mark)
        if not edges and not things:
            elsewhere.append(mark)
    return Picture(
        run.root,
        tuple(
            Node(names[thing], look.kind, _label(look.label), tuple(on_things.get(thing, ())))
            for thing, look in graph.nodes.items()
        ),
        tuple(
            Edge(names[tail], names[head], kind, tuple(on_edges.get((tail, head), ())))
            for tail, head, kind in graph.edges()
        ),
        tuple(elsewhere),
    )


def _label(label: str) -> str:
    return label.replace(NAME_OF, "").replace(" * ", " × ")


def _more(graph: Graph, world: World) -> None:
    """One node for the processes of a world that are not drawn one by one."""
    size = world.size.integer
    left = None if size is None else size - len(world.processes)
    if left is not None and left <= 0:
        return
    label = f"{left} more processes" if left is not None else f"of {world.size} processes in all"
    graph.add(("more", world), "more", f"… {label}")
    graph.connect("takes part in", (("more", world), world))


def _at_meeting(world: World, at: Span) -> bool:
    """The place says where the processes of the world meet."""
    meeting = world.first.rendezvous
    steps = (*meeting.address.trail, *meeting.port.trail)
    return any(step.at.overlaps(at) for step in steps if step.at != world.at)


def _innermost(things: Iterable[Any]) -> list[Any]:
    """Of commands within one another the inner ones."""
    found = list(things)
    widths = [thing.at.end - thing.at.start for thing in found if isinstance(thing, Launch | Process)]
    return [
        thing
        for thing in found
        if not isinstance(thing, Launch | Process) or thing.at.end - thing.at.start == min(widths)
    ]


def _is_at(thing: object, look: Look, at: Span) -> bool:
    """The place is one of the thing: within its command, or in its file."""
    if isinstance(thing, Launch):
        return thing.at.overlaps(at)
    if isinstance(thing, Process):
        return thing.launch is None and thing.at.overlaps(at) and thing.at.start != thing.at.end
    return look.kind in ("script", "config") and look.label == at.path
