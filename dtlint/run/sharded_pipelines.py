"""Pipelines of tf.data of which each process of Horovod takes a shard, as long as it happens to be.

`shard` of tensorflow/python/data/ops/dataset_ops.py takes every n-th element and evens nothing out: where files or rows
do not divide, one process has more batches.  Horovod averages in each step, and waits for all.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dtlint.job.world import World
from dtlint.run.collectives import meets_all
from dtlint.run.own_lengths import OwnLength
from dtlint.run.script.objects import Iteration, Thing
from dtlint.run.script.trace import Event, Repeat, ScriptRun, repeats
from dtlint.run.shares import joins, to_the_end
from dtlint.run.strategies import chain

_GRADIENT: Final = "horovod.tensorflow.DistributedGradientTape.gradient"
_EVENS_OUT: Final = frozenset(("repeat", "take", "take_while", "apply", "from_generator", "window", "zip"))
"""Steps by which all may get equally many, or of which this is not known."""
_NAMES: Final = frozenset(("list_files", "from_tensor_slices", "from_tensors"))


def sharded_pipelines(world: World) -> Iterator[OwnLength]:
    """One for each loop that only the end of a process's own shard ends, of the first two processes."""
    followed = world.finished[:2]
    if len(followed) < 2 or any(joins(run) for _, run in followed):
        return
    (first, mine), (second, theirs) = followed
    there = {loop.at: loop for loop in repeats(theirs.trace)}
    for loop in repeats(mine.trace):
        other = there.get(loop.at)
        if other is None or not to_the_end(loop):
            continue
        shard, same = _shard(loop), _shard(other)
        met = _meeting(mine, loop)
        if shard is not None and same is not None and met is not None and _apart(shard, same):
            yield OwnLength(loop.at, met, shard.at, first, second)
            return


def _shard(loop: Repeat) -> Event | None:
    """The call by which each process takes its own part, where what follows leaves it as long as it is."""
    calls = list(chain(_source(loop.iterable)))
    at = next((index for index, call in enumerate(calls) if call.method == "shard"), None)
    if at is None or any(call.method in _EVENS_OUT or call.open or not call.surely for call in calls):
        return None
    by_name = all(call.method in _NAMES for call in calls[at + 1 :])
    cut = any(call.thing("drop_remainder") is not None for call in calls[:at])
    # Rows differ by one, which a batch that must be full swallows but for some numbers; files are of any length.
    return calls[at] if by_name or not cut else None


def _source(thing: Thing | None) -> Thing | None:
    while isinstance(thing, Iteration) and len(thing.sources) == 1:
        thing = thing.sources[0]
    return thing


def _apart(mine: Event, theirs: Event) -> bool:
    left, right = mine.argument("index"), theirs.argument("index")
    return left.known and right.known and left.integer != right.integer


def _meeting(run: ScriptRun, loop: Repeat) -> Event | None:
    """The first call in each round that surely waits for all processes."""
    inside = (event for event in run.events if event.loops and event.loops[-1] is loop and event.surely)
    return next((event for event in inside if event.name == _GRADIENT or meets_all(event)), None)
