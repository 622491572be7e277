"""Data sets of which each process takes files or rows of its own, as many as there happen to be, while all meet in each
round of the loop over them.

An `IterableDataset` has no sampler that evens this out; DistributedDataParallel has `join` for it ("uneven inputs
across processes" of torch/nn/parallel/distributed.py).  Where the numbers are known, `uneven_files.py` compares them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from dtlint.facts.script import Attribute, Call, Compare, Name, Operation, Slice, Subscript, While
from dtlint.facts.syntax import nodes_of
from dtlint.job.process import Process
from dtlint.job.world import World
from dtlint.record import record
from dtlint.run.epochs import passes
from dtlint.run.script.flows import shared_out
from dtlint.run.script.objects import ClassObject, Instance, ListObject, Thing
from dtlint.run.script.trace import Event, ScriptRun
from dtlint.run.shares import joins, meeting, to_the_end
from dtlint.run.slices import counts_what_is_over
from dtlint.run.streams import STREAM, dealt_by_node
from dtlint.run.strided_samplers import uneven_sampler
from dtlint.source import Span

_MAPPED: Final = "torch.utils.data.Dataset"
_RANK: Final = re.compile(r"rank|shard_id|shard_index|process_index|slot", re.IGNORECASE)
_SIZE: Final = re.compile(r"world|size|replica|num_shards|n_shards|num_proc|stride|step", re.IGNORECASE)
_EVENS_OUT: Final = re.compile(
    r"min|max|steps|limit|take|total|pad|even|repeat|cycle|wrap|epoch_size|num_samples|per_rank|per_worker|truncat|infinite",
    re.IGNORECASE,
)
"""Names that may tell that all processes get equally many, or that the stream has no end."""
_ASKS: Final = ("get_rank", "rank")


@record(eq=False)
class OwnLength:
    loop: Span
    meeting: Event
    dealt: Span
    """Where the process takes its own part."""
    first: Process
    second: Process
    sampled: bool = False
    """A sampler of the script's own takes it, which is where it can be mended."""


def own_lengths(world: World) -> Iterator[OwnLength]:
    """One for each loop that only the end of a process's own data ends, of the first two processes."""
    followed = world.finished[:2]
    if len(followed) < 2 or any(joins(run) for _, run in followed):
        return
    (first, mine), (second, theirs) = followed
    asks = any(event.method in _ASKS for event in mine.events) or _asked_within(mine)
    there = {other.loop.at: other.loader for other in passes(theirs)}
    told: set[Span] = set()
    for one in passes(mine):
        met, dataset = meeting(one, mine), one.loader.attributes.get("dataset")
        if met is None or one.loop.at in told or one.loop.at not in there or not to_the_end(one.loop):
            continue
        made = one.loader.made_by
        if made is None or made.open or one.loader.prepared or shared_out(one.loader) or one.loader.unseen:
            continue
        if made.thing("batch_sampler") is not None or made.thing("sampler") is not None:
            taken = uneven_sampler(one.loader, there[one.loop.at]) if not counts_what_is_over(mine) else None
            if taken is not None:
                told.add(one.loop.at)
                yield OwnLength(one.loop.at, met, taken, first, second, sampled=True)
            continue
        dealt = _dealt(dataset) if asks else None
        by_node = dealt_by_node(dataset)
        if by_node is not None and by_node.surely:
            dealt = by_node.at
        if dealt is not None:
            told.add(one.loop.at)
            yield OwnLength(one.loop.at, met, dealt, first, second)


def _asked_within(run: ScriptRun) -> bool:
    """A class of the script asks for the rank where the run on paper does not come: in `__iter__`, in a worker."""
    nodes = (node for program in run.programs for node in nodes_of(program.body))
    return any(isinstance(node, Call) and _word(node.func) in _ASKS for node in nodes)


def _dealt(dataset: Thing | None) -> Span | None:
    """Where the data set takes every n-th of things whose number is not known."""
    if not isinstance(dataset, Instance) or dataset.unseen or not isinstance(dataset.cls, ClassObject):
        return None
    if dataset.class_names not in ((STREAM,), (_MAPPED,)):
        return None
    nodes = [node for cls in dataset.cls.ancestry() for node in nodes_of(cls.definition.body)]
    words = {_word(node) for node in nodes if isinstance(node, Name | Attribute)}
    if any(isinstance(node, While) for node in nodes) or any(_EVENS_OUT.search(word) for word in words):
        return None
    return next((at for node in nodes if (at := _takes(node, dataset)) is not None), None)


def _takes(node: object, dataset: Instance) -> Span | None:
    """`files[rank::size]`, `islice(lines, rank, None, size)`, `number % size == rank`."""
    match node:
        case Subscript(value=owner, index=Slice(low=low, high=None, step=step), at=at) if low and step:
            held = dataset.attributes.get(_word(owner))
            whole = isinstance(held, ListObject) and held.complete
            return at if _mentions(low, _RANK) and _mentions(step, _SIZE) and not whole else None
        case Call(func=func, args=(_, start, _, stride), at=at) if _word(func) == "islice":
            return at if _mentions(start, _RANK) and _mentions(stride, _SIZE) else None
        case Compare(operands=(Operation(operator="%", operands=(_, size)), rank), at=at):
            return at if _mentions(size, _SIZE) and _mentions(rank, _RANK) else None
        case _:
            return None


def _mentions(node: object, words: re.Pattern[str]) -> bool:
    return any(words.search(_word(part)) for part in nodes_of(node) if isinstance(part, Name | Attribute))


def _word(node: object) -> str:
    return node.name if isinstance(node, Attribute) else node.id if isinstance(node, Name) else ""
