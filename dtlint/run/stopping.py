"""Trainers that one process tells to stop, while the others are never told.

`should_stop` of Lightning's Trainer belongs to the process: `_FitLoop.done` of lightning/pytorch/loops/fit_loop.py
reads its own and asks no other, which is why `EarlyStopping` shares its decision by `reduce_boolean_decision` first.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations
from typing import Final

from dtlint.facts.script import Assign, Attribute, Constant, Expr, Name
from dtlint.facts.syntax import nodes_of
from dtlint.job.process import Process
from dtlint.job.world import World
from dtlint.record import record
from dtlint.run.collectives import one_group
from dtlint.run.leaving import comes
from dtlint.run.lightning import TRAINER, several
from dtlint.run.partings import changes, forks, happens
from dtlint.run.script.trace import Event, Fork, ScriptRun
from dtlint.source import Span

_FLAG: Final = "should_stop"


@record(eq=False)
class Stop:
    """A condition that one process asks, and by which it alone tells its trainer to stop."""

    fork: Fork
    told: Span
    """Where it tells it."""
    fit: Event
    leaves: Process
    stays: Process


def lone_stops(world: World) -> Iterator[Stop]:
    """One for each place, of the first two processes in which it is met."""
    found: set[Span] = set()
    for (leaving, left), (staying, stayed) in permutations(world.finished, 2):
        if not all(run.complete and one_group(run) and not run.filled_unseen for run in (left, stayed)):
            continue
        fit = next((event for event in left.called(f"{TRAINER}.fit") if event.surely and several(event.receiver)), None)
        flags = list(_flags(left)) if fit is not None else []
        if fit is None or not flags:
            continue
        asks = {fork.at for fork, _, _ in forks(stayed.trace, (), ())}
        for fork, around, loops in forks(left.trace, (), ()):
            inside = [at for at, certain in flags if certain and _within(at, fork.at)]
            if not inside or inside[0] in found or fork.at in asks or not loops:
                continue
            # What else sets the flag in this file may share it, or tell the others.
            elsewhere = any(at.path == fork.at.path and at not in inside for at, _ in flags)
            if not elsewhere and (changes(fork) or comes(fork)) and all(map(happens, around)):
                found.add(inside[0])
                yield Stop(fork, inside[0], fit, leaving, staying)


def _flags(run: ScriptRun) -> Iterator[tuple[Span, bool]]:
    """Statements that set a trainer's flag, and whether they surely switch it on."""
    for program in run.programs:
        for node in nodes_of(program.body):
            match node:
                case Assign(targets=(Attribute(name=name, value=owner),)) if name == _FLAG and _is_trainer(owner):
                    yield node.at, isinstance(node.value, Constant) and node.value.value is True
                case _:
                    pass


def _is_trainer(owner: Expr) -> bool:
    called = owner.id if isinstance(owner, Name) else getattr(owner, "name", "")
    return isinstance(owner, Name | Attribute) and called == "trainer"


def _within(inner: Span, outer: Span) -> bool:
    return inner.path == outer.path and outer.start <= inner.start and inner.end <= outer.end
