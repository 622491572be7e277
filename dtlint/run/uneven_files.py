"""Streams that read files dealt out to the ranks, of which one rank has more than another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dtlint.facts.script import Attribute, Call, For, Name, While
from dtlint.job.process import Process
from dtlint.job.world import World
from dtlint.record import record
from dtlint.run.epochs import Pass, passes
from dtlint.run.layers import nodes_of
from dtlint.run.script.objects import ClassObject, FunctionObject, Instance, ListObject, Thing
from dtlint.run.script.trace import Event
from dtlint.run.shares import joins, meeting, to_the_end
from dtlint.run.streams import STREAM
from dtlint.source import Span
from dtlint.value import Items, Value

_ENDLESS: Final = frozenset(("cycle", "repeat", "count"))


@record(eq=False)
class UnevenFiles:
    """A loop in which processes meet, over streams of different numbers of files."""

    attribute: str
    loop: Span
    meeting: Event
    first: Process
    second: Process
    counts: tuple[int, int]


def uneven_files(world: World) -> Iterator[UnevenFiles]:
    """One for each loop over a loader that goes through the files of its rank once; as a rule files are of one size."""
    followed = [(process, process.run) for process in world.processes if process.run is not None]
    if len(followed) < 2 or any(joins(run) for _, run in followed):
        return
    first, mine = followed[0]
    told: set[Span] = set()
    for one in passes(mine):
        met = meeting(one, mine)
        if met is None or one.loop.at in told or not to_the_end(one.loop):
            continue
        for second, theirs in followed[1:]:
            other = next((other for other in passes(theirs) if other.loop.at == one.loop.at), None)
            found = _differ(one, other) if other is not None else None
            if found is not None:
                told.add(one.loop.at)
                yield UnevenFiles(found[0], one.loop.at, met, first, second, found[1])
                break


def _differ(mine: Pass, theirs: Pass) -> tuple[str, tuple[int, int]] | None:
    """The attribute that both streams go over, with the different numbers of things in it."""
    left, right = (one.loader.attributes.get("dataset") for one in (mine, theirs))
    if not isinstance(left, Instance) or not isinstance(right, Instance):
        return None
    name = _gone_over(left)
    if name is None or name != _gone_over(right):
        return None
    counts = _count(left.attributes.get(name)), _count(right.attributes.get(name))
    if counts[0] is None or counts[1] is None or counts[0] == counts[1]:
        return None
    return name, (counts[0], counts[1])


def _count(thing: Thing | None) -> int | None:
    """How many are in a list, also in one of a configuration file."""
    if isinstance(thing, ListObject):
        return len(thing.items) if thing.complete and not thing.unseen else None
    return thing.length.integer if isinstance(thing, Value) and isinstance(thing.content, Items) else None


def _gone_over(dataset: Instance) -> str | None:
    """`files` of a stream of the workspace whose `__iter__` goes over `self.files` and comes to an end."""
    if dataset.unseen or not isinstance(dataset.cls, ClassObject) or dataset.class_names != (STREAM,):
        return None
    walk = dataset.cls.lookup("__iter__")
    if not isinstance(walk, FunctionObject) or not walk.parameters:
        return None
    loops = [statement for statement in walk.body if isinstance(statement, For)]
    if len(loops) != 1 or any(isinstance(node, While) or _endless(node) for node in nodes_of(walk.body)):
        return None
    match loops[0].iterable:
        case Attribute(value=Name(id=owner), name=name) if owner == walk.parameters[0].name:
            return name
        case _:
            return None


def _endless(node: object) -> bool:
    if not isinstance(node, Call):
        return False
    last = node.func.name if isinstance(node.func, Attribute) else node.func.id if isinstance(node.func, Name) else ""
    return last in _ENDLESS
