"""Steps that a module of Lightning skips by `return None`, where the answer is a matter of a process's own batch.

"Skipping the `training_step` by returning None in distributed training is not supported" of
lightning/pytorch/loops/optimization/automatic.py (since 2.3); releases before it left out the backward pass, in which
the other processes wait.
"""

from __future__ import annotations

from collections.abc import Iterator

from dtlint.record import record
from dtlint.run.conditions import forks
from dtlint.run.partings import happens
from dtlint.run.script.loops import STRATEGY
from dtlint.run.script.objects import Either, Thing
from dtlint.run.script.state import key_of
from dtlint.run.script.trace import Event, Fork, ScriptRun
from dtlint.value import Reach, Value


@record(eq=False)
class Skip:
    """The condition under which a step gives no loss, and the backward pass that then is left out."""

    fork: Fork
    backward: Event


def skips(run: ScriptRun) -> Iterator[Skip]:
    """One for each condition on data that differ between processes."""
    leaving = [
        fork
        for fork, around, _ in forks(run.trace)
        if "return" in fork.ends and fork.value.reach is Reach.PROCESS and all(map(happens, around))
    ]
    told: set[object] = set()
    for event in run.called(STRATEGY + ".backward"):
        if event.open or not event.surely:
            continue
        conditions = set(_without(event.thing("loss")))
        for fork in leaving:
            if key_of(fork.value)[0] in conditions and fork.at not in told:
                told.add(fork.at)
                yield Skip(fork, event)


def _without(thing: Thing | None) -> Iterator[object]:
    """The conditions one side of which is None."""
    if isinstance(thing, Either):
        for side in (thing.then, thing.otherwise):
            if isinstance(side, Value) and side.known and side.constant is None:
                yield thing.condition
            yield from _without(side)
