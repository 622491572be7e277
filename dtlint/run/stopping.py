"""Trainers that one process tells to stop, while the others are never told.

`should_stop` of Lightning's Trainer belongs to the process: `_FitLoop.done` of lightning/pytorch/loops/fit_loop.py
reads its own and asks no other, which is why `EarlyStopping` shares its decision by `reduce_boolean_decision` first.
So it is with `control.should_training_stop` of transformers (`_inner_training_loop` of transformers/trainer.py).
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
from dtlint.run.conditions import forks
from dtlint.run.leaving import comes
from dtlint.run.lightning import TRAINER, several
from dtlint.run.partings import happens
from dtlint.run.script.objects import as_value
from dtlint.run.script.trace import Event, Fork, ScriptRun
from dtlint.run.script.trainer_loop import ASKED, TRAINS
from dtlint.source import Span
from dtlint.value import Reach

_FLAGS: Final = {"should_stop": "trainer", "should_training_stop": "control"}
"""Attributes that end a training, and how people call what has them."""


@record(eq=False)
class Stop:
    """A condition that one process asks, and by which it alone tells its trainer to stop."""

    fork: Fork
    told: Span
    """Where it tells it."""
    flag: str
    fit: Event
    leaves: Process
    stays: Process


@record(eq=False)
class OwnStop:
    """A training that each process ends when something of its own says so."""

    told: Span
    """Where it tells its trainer."""
    flag: str
    asks: Span
    """The condition, or the statement itself where that is what is asked."""
    fit: Event


def own_stops(world: World) -> Iterator[OwnStop]:
    """The first of the first process, where all that were looked at come to it."""
    runs = [run for _, run in world.finished]
    if len(runs) < 2 or not all(run.complete and one_group(run) and not run.filled_unseen for run in runs):
        return
    run = runs[0]
    fit = next((event for event in run.called(f"{TRAINER}.fit", TRAINS) if event.surely and _of_all(event)), None)
    flags = [node for node in _set(run) if not (isinstance(node.value, Constant) and node.value.value is False)]
    if fit is None or not flags:
        return
    alike = {fork.at for fork, _, _ in forks(runs[1].trace, (), ())}
    for fork, around, loops in forks(run.trace):
        inside = [node for node in flags if _within(node.at, fork.at)]
        own = fork.value.reach is Reach.PROCESS and fork.at in alike and loops and all(map(happens, around))
        if inside and own and not any(node.at.path == fork.at.path and node not in inside for node in flags):
            yield OwnStop(inside[0].at, _flag(inside[0]), fork.at, fit)
            return
    asked = [as_value(event.positional[0]) for event in run.called(ASKED) if event.at == fit.at]
    if len(flags) == 1 and any(value.reach is Reach.PROCESS for value in asked):
        yield OwnStop(flags[0].at, _flag(flags[0]), flags[0].at, fit)


def lone_stops(world: World) -> Iterator[Stop]:
    """One for each place, of the first two processes in which it is met."""
    found: set[Span] = set()
    for (leaving, left), (staying, stayed) in permutations(world.finished, 2):
        if not all(run.complete and one_group(run) and not run.filled_unseen for run in (left, stayed)):
            continue
        fit = next((event for event in left.called(f"{TRAINER}.fit", TRAINS) if event.surely and _of_all(event)), None)
        flags = list(_set(left)) if fit is not None else []
        if fit is None or not flags:
            continue
        asks = {fork.at for fork, _, _ in forks(stayed.trace)}
        for fork, around, loops in forks(left.trace):
            inside = [node for node in flags if _switches_on(node) and _within(node.at, fork.at)]
            if not inside or inside[0].at in found or fork.at in asks or not loops:
                continue
            # What else sets the flag in this file may share it, or tell the others.
            elsewhere = any(node.at.path == fork.at.path and node not in inside for node in flags)
            if not elsewhere and (fork.changes or comes(fork)) and all(map(happens, around)):
                found.add(inside[0].at)
                yield Stop(fork, inside[0].at, _flag(inside[0]), fit, leaving, staying)


def _set(run: ScriptRun) -> Iterator[Assign]:
    """Statements that set a trainer's flag."""
    for program in run.programs:
        for node in nodes_of(program.body):
            match node:
                case Assign(targets=(Attribute(name=name, value=owner),)) if _FLAGS.get(name) == _called(owner):
                    yield node
                case _:
                    pass


def _switches_on(node: Assign) -> bool:
    return isinstance(node.value, Constant) and node.value.value is True


def _flag(node: Assign) -> str:
    return _called(node.targets[0])


def _called(owner: Expr) -> str:
    return owner.id if isinstance(owner, Name) else owner.name if isinstance(owner, Attribute) else ""


def _of_all(fit: Event) -> bool:
    """Several processes train together in it."""
    return fit.name == TRAINS or several(fit.receiver)


def _within(inner: Span, outer: Span) -> bool:
    return inner.path == outer.path and outer.start <= inner.start and inner.end <= outer.end
