"""Shards of one process that are saved as if they were the weights.

`state_dict()` of a module that `fully_shard` or `parallelize_module` cut up gives the DTensors as they are, "without
any computation or communication" (pytorch/pytorch#136336): each with this process's shard.  What one process writes
holds no others.  Seen with torch 2.13 and gloo: read by all, the file gave each the shard of the one that wrote it.
"""

from __future__ import annotations

from collections.abc import Iterator

from dtlint.job.process import Process
from dtlint.job.world import World
from dtlint.record import record
from dtlint.run.restoring import saved
from dtlint.run.script.trace import Event
from dtlint.run.whole_weights import cut_before


@record(eq=False)
class LoneShards:
    save: Event
    cut: Event
    """The call since which the process holds shards."""
    saver: Process
    other: Process


def lone_shards(world: World) -> Iterator[LoneShards]:
    """Saves of one process, where another that was followed to its end saves nothing."""
    followed = [(process, run) for process, run in world.finished if run.complete]
    if len(followed) < 2:
        return
    (saver, mine), (other, theirs) = followed[:2]
    there = {event.at for event, _ in saved(theirs)}
    for save, states in saved(mine):
        if save.at in there or save.open:
            continue
        for state in states:
            cut = cut_before(mine, state) if not state.contexts and not state.open else None
            if cut is not None:
                yield LoneShards(save, cut, saver, other)
                break
