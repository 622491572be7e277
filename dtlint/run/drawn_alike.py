"""Samplers that know no ranks, and draw the same numbers in all processes, since all seeded torch's generator alike.

`WeightedRandomSampler.__iter__` draws `num_samples` with torch's own generator, or the one that it was given
(torch/utils/data/sampler.py).  Seen with torch 2.13 and two processes: with one seed both took the same samples.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from dtlint.facts.script import Attribute, Call, Name, Operation, Slice
from dtlint.facts.syntax import nodes_of
from dtlint.job.process import Process
from dtlint.job.world import World
from dtlint.record import record
from dtlint.run.effects import Effect
from dtlint.run.epochs import Pass, passes
from dtlint.run.script.objects import Instance, Thing, as_value, maker
from dtlint.run.script.trace import Event, ScriptRun
from dtlint.run.sharing import joins
from dtlint.run.wrapping import FSDP, SHARD
from dtlint.value import Value

_SAMPLERS: Final = frozenset(
    f"torch.utils.data.{name}" for name in ("WeightedRandomSampler", "RandomSampler", "SubsetRandomSampler")
)
_GPUS_ALONE: Final = ("torch.cuda.", "random.", "numpy.")
_RANKS: Final = re.compile(r"rank|world|replica|shard|num_proc|process_index|process_id", re.IGNORECASE)
_DEALS: Final = frozenset(
    (
        "array_split", "choice", "choices", "islice", "permutation", "random_split", "sample", "scatter",
        "scatter_object_list", "shard", "shuffle", "split_between_processes", "split_dataset_by_node", "tensor_split",
    )
)  # fmt: skip
"""Calls by which a script may give each process data of its own, or draw them in another way."""
_FOR_DEVICES: Final = frozenset(
    (
        "DistributedDataParallel", "FullyShardedDataParallel", "GradScaler", "barrier", "cuda", "device", "info",
        "init_process_group", "print", "set_device", "to", "to_empty",
    )
)  # fmt: skip
"""Calls that may be given the rank, and give nobody other samples by it."""


@record(eq=False)
class DrawnAlike:
    """A loader's sampler, in two processes that draw the same."""

    sampler: Event
    seeded: Event
    seed: Value
    one: Pass
    joined: Event
    first: Process
    second: Process


def drawn_alike(world: World) -> Iterator[DrawnAlike]:
    """One for each sampler of a loader that is gone over to train."""
    followed = world.finished[:2]
    if len(followed) < 2:
        return
    (first, mine), (second, theirs) = followed
    joined = joins(first) or next(mine.called(FSDP, SHARD), None)
    if joined is None or not mine.complete or not theirs.complete:
        return
    others = {other.loop.at: other for other in reversed(passes(theirs)) if other.trains}
    told: set[object] = set()
    for one in passes(mine):
        sampler, other = _sampler(one.loader), others.get(one.loop.at)
        if sampler is None or other is None or not one.trains or sampler.at in told:
            continue
        twin = _sampler(other.loader)
        if twin is None or twin.at != sampler.at:
            continue
        left, right = _seeded(mine, sampler, one), _seeded(theirs, twin, other)
        if left is None or right is None or left[0].at != right[0].at or not left[1].same(right[1]):
            continue
        if _same_course(mine, theirs, one) and not _by_rank(mine):
            told.add(sampler.at)
            yield DrawnAlike(sampler, left[0], left[1], one, joined, first, second)


def _sampler(loader: Instance) -> Event | None:
    """The call that made the sampler of a loader that nothing shares out later."""
    made, sampler = loader.made_by, loader.attributes.get("sampler")
    if made is None or made.open or loader.prepared or loader.unseen or made.thing("batch_sampler") is not None:
        return None
    if not isinstance(sampler, Instance) or sampler.cls not in _SAMPLERS or sampler.unseen or sampler.made_by is None:
        return None
    return None if sampler.made_by.open else sampler.made_by


def _seeded(run: ScriptRun, sampler: Event, one: Pass) -> tuple[Event, Value] | None:
    """The call that last seeded the generator that the sampler draws with, and the seed."""
    given = sampler.thing("generator")
    if given is not None and not (isinstance(given, Value) and given.known and given.constant is None):
        return _own_generator(given)
    begins = min((event.index for event in run.events if one.loop in event.loops), default=len(run.events))
    for event in reversed(run.events[:begins]):
        if event.row is not None and Effect.SEEDS in event.row.effects:
            if event.name.startswith(_GPUS_ALONE):
                continue
            seed = event.argument(event.row.seed)
            alike = event.surely and not event.open and not seed.is_absent and "device_specific" not in event.keywords
            return (event, seed) if alike else None
        if event.method in ("set_rng_state", "seed", "initial_seed", "fork_rng") and event.name.startswith("torch."):
            return None
    return None


def _own_generator(thing: Thing) -> tuple[Event, Value] | None:
    """`torch.Generator().manual_seed(seed)`."""
    made = maker(thing)
    if made is None or made.method != "manual_seed" or not made.positional or not made.surely:
        return None
    return made, as_value(made.positional[0])


def _same_course(mine: ScriptRun, theirs: ScriptRun, one: Pass) -> bool:
    """Both make the same calls until the loop begins, with the same values but for devices."""
    end = min((event.index for event in mine.events if one.loop in event.loops), default=0)
    if end > len(theirs.events) or not end:
        return False
    for left, right in zip(mine.events[:end], theirs.events[:end], strict=False):
        if (left.name, left.at, left.stack) != (right.name, right.at, right.stack):
            return False
        if left.method in _FOR_DEVICES:
            continue
        pairs = [*zip(left.positional, right.positional, strict=False)]
        pairs += [(left.keywords[name], right.keywords[name]) for name in left.keywords if name in right.keywords]
        for one_of_mine, one_of_theirs in pairs:
            if isinstance(one_of_mine, Value) and isinstance(one_of_theirs, Value):
                known = one_of_mine.known and one_of_theirs.known
                if known and not one_of_mine.same(one_of_theirs):
                    return False
    return True


def _by_rank(run: ScriptRun) -> bool:
    """Somewhere the rank, or the number of processes, picks or divides, or a call may deal out."""
    for program in run.programs:
        for node in nodes_of(program.body):
            match node:
                case Slice() if _names_rank(node):
                    return True
                case Operation(operator="%", operands=(_, divisor)) if _names_rank(divisor):
                    return True
                case Call(func=Name(id=name) | Attribute(name=name)) if name in _DEALS:
                    return True
                case _:
                    pass
    return False


def _names_rank(node: object) -> bool:
    return any(
        _RANKS.search(part.id if isinstance(part, Name) else part.name)
        for part in nodes_of(node)
        if isinstance(part, Name | Attribute)
    )
