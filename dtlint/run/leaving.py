"""Functions that one process leaves early, by a question that no other one asks, while the others meet further on."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations

from dtlint.job.process import Process
from dtlint.job.world import World
from dtlint.record import record
from dtlint.run.collectives import may_meet, one_group
from dtlint.run.conditions import Around, forks
from dtlint.run.existence import asked
from dtlint.run.partings import binds, happens
from dtlint.run.script.trace import Event, Fork, ScriptRun
from dtlint.value import Kind, Reach


@record(eq=False)
class Quitter:
    """A `return` of one process, and the first collective behind it in which another waits."""

    fork: Fork
    event: Event
    leaves: Process
    stays: Process


def quitters(world: World) -> Iterator[Quitter]:
    """One for each condition, of the first two processes in which it is met."""
    told: set[object] = set()
    for (leaving, left), (staying, stayed) in permutations(world.finished, 2):
        if not all(run.complete and one_group(run) and not run.filled_unseen for run in (left, stayed)):
            continue
        asks = {fork.at for fork, _, _ in forks(stayed.trace)}
        for fork, around, _ in forks(left.trace):
            if fork.at in told or fork.at in asks or not comes(fork) or not all(map(_reached, around)):
                continue
            event = _waiting(left, stayed, fork, around)
            if event is not None:
                told.add(fork.at)
                yield Quitter(fork, event, leaving, staying)


def comes(fork: Fork) -> bool:
    """Both answers come one day: it is a matter of data or chance, or of whether a file is there."""
    chance = any(symbol.kind is Kind.CHANCE for symbol in fork.value.symbols())
    return chance or fork.value.reach is Reach.PROCESS or asked(fork) is not None


def _reached(branch: tuple[Fork, int]) -> bool:
    return happens(branch) or comes(branch[0])


def _waiting(left: ScriptRun, stayed: ScriptRun, fork: Fork, around: Around) -> Event | None:
    """The first collective that the one comes to only if it does not leave, and the other in any case."""
    for side in (0, 1):
        if fork.ends[side] != "return" or fork.ends[1 - side]:
            continue
        beyond = [event for event in left.events if (fork, 1 - side) in event.branches]
        if not beyond or any(may_meet(event) for event in _instead(left, fork, side, beyond[0])):
            continue
        there = {event.place for event in beyond if binds(left, event)}
        waits = (event for event in stayed.events if event.place in there and binds(stayed, event))
        event = next((event for event in waits if not event.open and all(map(happens, event.branches))), None)
        if event is not None:
            return event
    return None


def _instead(run: ScriptRun, fork: Fork, side: int, beyond: Event) -> Iterator[Event]:
    """What it calls once it has left: on its own side, and where the function was called from."""
    for event in run.events:
        own = (fork, side) in event.branches
        if own or (event.index > beyond.index and (fork, 1 - side) not in event.branches):
            yield event
