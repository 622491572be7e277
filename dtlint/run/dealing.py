"""Samplers whose shares do not make up the data set: two ranks shuffle differently, or ask for the same share.

Source: `DistributedSampler.__iter__` of torch/utils/data/distributed.py: each process draws a permutation from
`seed + epoch` and takes every `num_replicas`-th of it from `rank` on.  Seen with torch 2.13, two processes and 100
samples: with seeds 7 and 8, 29 samples went to both and 29 to none; with `rank=0` in both, 50 and 50.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dtlint.job.process import Process
from dtlint.job.world import World
from dtlint.record import record
from dtlint.run.handing import SAMPLER
from dtlint.run.likeness import alike, of_one_making
from dtlint.run.script.objects import Instance, Thing, as_value
from dtlint.run.script.trace import Event, ScriptRun
from dtlint.run.wrapping import DDP, FSDP
from dtlint.run.writers import NODE_LOCAL
from dtlint.value import Kind, Term, Value, known

_GROUPS: Final = (
    "torch.distributed.new_group",
    "torch.distributed.new_subgroups",
    "torch.distributed.new_subgroups_by_enumeration",
    "torch.distributed.split_group",
    "torch.distributed.device_mesh.init_device_mesh",
    "torch.distributed.device_mesh.DeviceMesh",
)
_CLOCKS: Final = frozenset(("time.time()", "time.monotonic()", "time.perf_counter()"))


@record(eq=False)
class Dealt:
    """One call that makes a sampler, as two processes make it."""

    mine: Event
    theirs: Event
    first: Process
    second: Process

    def both(self, parameter: str) -> tuple[Value, Value]:
        return self.mine.argument(parameter), self.theirs.argument(parameter)

    @property
    def replicas(self) -> Value | None:
        """Into how many shares both cut the data; absent where it is the world size; None if they do not agree."""
        mine, theirs = self.both("num_replicas")
        return mine if mine.same(theirs) else None


def dealt(world: World) -> Iterator[Dealt]:
    """The samplers over one data set that the first process and another surely make."""
    for second, right in world.finished[1:]:
        first, left = world.finished[0]
        for mine, theirs in counterparts(left, right, SAMPLER):
            if not mine.open and not theirs.open and of_one_making(mine.thing("dataset"), theirs.thing("dataset")):
                yield Dealt(mine, theirs, first, second)


def counterparts(left: ScriptRun | None, right: ScriptRun | None, *names: str) -> Iterator[tuple[Event, Event]]:
    """The same calls in two processes, each surely made by both."""
    if left is None or right is None:
        return
    theirs: dict[object, list[Event]] = {}
    for event in right.called(*names):
        theirs.setdefault((event.name, event.at, event.stack), []).append(event)
    for event in left.called(*names):
        others = theirs.get((event.name, event.at, event.stack))
        other = others.pop(0) if others else None
        if other is not None and event.surely and other.surely:
            yield event, other


def shuffled_differently(one: Dealt) -> bool:
    """Both shuffle, with seeds that surely differ, what they cut into the same number of shares."""
    if one.replicas is None or one.replicas.integer == 1:
        return False
    if not all((shuffle.or_default(known(True)) == True).always for shuffle in one.both("shuffle")):  # noqa: E712
        return False
    mine, theirs = (seed.or_default(known(0)) for seed in one.both("seed"))
    return surely_differ(mine, theirs)


def surely_differ(mine: Value, theirs: Value) -> bool:
    """For all that is unknown in them; what is drawn at random may have been seeded, but nobody seeds a clock."""
    if (mine.known and _tells_time(theirs)) or (theirs.known and _tells_time(mine)):
        return True
    drawn = any(symbol.kind is Kind.CHANCE for value in (mine, theirs) for symbol in value.symbols())
    return not drawn and (mine != theirs).always


def _tells_time(value: Value) -> bool:
    """It grows as time goes by, so that it is no number that is written down: `int(time.time()) + 3`, but no remainder
    of it."""
    symbols = tuple(value.content.symbols()) if isinstance(value.content, Term) else ()
    return bool(symbols) and all(symbol.name in _CLOCKS for symbol in symbols)


def one_share(one: Dealt) -> bool:
    """Two ranks of one data-parallel job take the same share of as many as there are ranks, or as there are on one
    host while all hosts read one folder."""
    ranks, seeds = one.both("rank"), one.both("seed")
    if ranks[0].integer is None or ranks[0].integer != ranks[1].integer or not seeds[0].same(seeds[1]):
        return False
    world = one.first.world
    own = one.first.rank.integer, one.second.rank.integer
    if world is None or None in own or own[0] == own[1] or one.replicas is None:
        return False
    whole = one.replicas.is_absent or (
        one.replicas.integer is not None and one.replicas.integer == world.size.integer
    )
    per_host = one.replicas.integer is not None and one.replicas.integer == world.per_node.integer
    whole = whole or (per_host and (world.nodes > 1).always and _on_shared_disk(one.mine.thing("dataset")))
    same = alike(one.mine.thing("shuffle"), one.theirs.thing("shuffle"))
    return whole and same and all(_data_parallel(process.run) for process in (one.first, one.second))


def _on_shared_disk(dataset: Thing | None) -> bool:
    """It is read from a folder that all hosts share (presumption 5): each of them finds the whole of it."""
    if not isinstance(dataset, Instance):
        return False
    made = dataset.made_by
    given = dataset.attributes.values() if made is None else (*made.positional, *made.keywords.values())
    texts = [text for thing in given if (text := as_value(thing).string) is not None and text.startswith("/")]
    return bool(texts) and not any(text.startswith(NODE_LOCAL) for text in texts)


def _data_parallel(run: ScriptRun | None) -> bool:
    """A model is wrapped for the whole world, and no other groups are made, such as those of tensor parallelism."""
    if run is None or any(run.called(*_GROUPS)):
        return False
    wraps = list(run.called(DDP, FSDP))
    given = ("process_group", "device_mesh")
    return bool(wraps) and all(not event.open and all(event.thing(name) is None for name in given) for event in wraps)
