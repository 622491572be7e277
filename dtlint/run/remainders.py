"""Samples that each process picks by a remainder (`part % world == rank`), and the loops that go over them in step.

Nothing makes the classes of a remainder equally large: who has fewer leaves the loop earlier, and the others wait in
its next collective.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dtlint.job.process import Process
from dtlint.job.world import World
from dtlint.record import record
from dtlint.run.effects import Effect
from dtlint.run.epochs import LOADER, Pass
from dtlint.run.script.objects import Instance, Iteration, Thing, Unread, maker
from dtlint.run.script.trace import Event, Repeat, ScriptRun, repeats
from dtlint.run.shares import ENDS, exits, joins, meeting

_DGL: Final = frozenset(
    f"dgl.dataloading.{name}"
    for name in ("DataLoader", "NodeDataLoader", "EdgeDataLoader", "pytorch.NodeDataLoader", "pytorch.EdgeDataLoader")
)
_HOLDERS: Final = frozenset(("torch.utils.data.TensorDataset", "torch.utils.data.Subset"))


@record(eq=False)
class Picked:
    """A loop over samples that two processes pick by different remainders of one division."""

    loader: Event
    divisor: int
    remainders: tuple[int, int]
    loop: Repeat
    meeting: Event
    first: Process
    second: Process


def picked(world: World) -> Iterator[Picked]:
    followed = world.followed
    if len(followed) < 2 or any(joins(run) for _, run in followed):
        return
    (first, mine), (second, theirs) = followed[:2]
    for loader, loop, part in _loops(mine):
        other = next((one for _, at, one in _loops(theirs) if at.at == loop.at), None)
        trains = any(
            event.row is not None and Effect.BACKWARD in event.row.effects and loop in event.loops
            for event in mine.events
        )
        met = meeting(Pass(Instance(LOADER), loop, (), trains, False), mine)
        if other is not None and met is not None and other[0] == part[0] and other[1] != part[1]:
            yield Picked(loader, part[0], (part[1], other[1]), loop, met, first, second)


def _loops(run: ScriptRun) -> Iterator[tuple[Event, Repeat, tuple[int, int]]]:
    """Loops that end with their loader, with the remainder by which its samples were picked."""
    for loop in repeats(run.trace):
        made = _loader(loop.iterable)
        part = _part(made) if made is not None else None
        if made is not None and part is not None and not any(end in ENDS for end in exits(loop.body)):
            yield made, loop, part


def _loader(source: Thing | None) -> Event | None:
    """The call that surely made the loader behind `enumerate` and `tqdm`; with `use_ddp` DGL's shares samples out."""
    while isinstance(source, Iteration) and len(source.sources) == 1:
        source = source.sources[0]
    made = maker(source)
    if made is None or not made.surely or made.open or made.name not in (LOADER, *_DGL) or "use_ddp" in made.keywords:
        return None
    return None if made.keywords.keys() & {"sampler", "batch_sampler"} else made


def _part(made: Event) -> tuple[int, int] | None:
    for thing in made.objects:
        inner = thing.made_by if isinstance(thing, Instance) else None
        for one in (thing, *(inner.objects if inner is not None and inner.name in _HOLDERS else ())):
            if isinstance(one, Unread) and one.remainder is not None:
                return one.remainder
    return None
