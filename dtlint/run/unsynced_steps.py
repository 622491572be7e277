"""Steps of an optimizer upon a forward pass in DDP's `no_sync`: each process steps by gradients of its own.

`no_sync` leaves the gradients of the round to the process, and "will be synchronized in the first forward-backward pass
exiting the context" (torch/nn/parallel/distributed.py); where the step comes before that pass, the weights of the
processes differ from there on.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dtlint.record import record
from dtlint.run.effects import Effect
from dtlint.run.no_sync_blocks import Block, blocks
from dtlint.run.rounds_of_loops import rounds
from dtlint.run.script.trace import Event, Fork, ScriptRun
from dtlint.run.steps import NO_GRADIENTS, optimizer_of
from dtlint.run.wrapping import DDP, over_weights

_NO_SYNC: Final = DDP + ".no_sync"
_AVERAGES: Final = ("average_parameters", "register_comm_hook")


@record(eq=False)
class UnsyncedStep:
    step: Event
    forward: Event
    """The last forward pass before it."""
    entered: Event
    """The `no_sync` in which that stands."""
    number: str
    """What counts the rounds."""
    divisor: int
    rest: int
    """What is left of the number, divided by `divisor`, in a round in which the optimizer steps so."""


def unsynced_steps(run: ScriptRun) -> Iterator[UnsyncedStep]:
    """One for each step; none where the script may average gradients or weights in another way."""
    wraps = list(run.called(DDP))
    if len(wraps) != 1 or getattr(wraps[0].result, "unseen", True) or any(map(_averages, run.events)):
        return
    held = list(blocks(run))
    for step in run.events:
        if step.method != "step" or not step.loops or optimizer_of(step) is None:
            continue
        before = [one for one in run.called(DDP + ".__call__") if one.index < step.index and one.loops == step.loops]
        before = [one for one in before if one.receiver is wraps[0].result and not _without_gradients(one)]
        found = _unsynced(step, before, held)
        if found is not None:
            yield found


def _averages(event: Event) -> bool:
    if event.method in _AVERAGES or over_weights(event):
        return True
    # What is reduced between the backward pass and the step may be the gradients, put together.
    reduces = event.row is not None and Effect.COLLECTIVE in event.row.effects
    return reduces and event.method.startswith(("all_reduce", "reduce", "allreduce")) and bool(event.loops)


def _without_gradients(event: Event) -> bool:
    return any(context.name in NO_GRADIENTS for context in event.contexts)


def _unsynced(step: Event, forwards: list[Event], held: list[Block]) -> UnsyncedStep | None:
    """Round by round: whether the last forward pass before the step stands in `no_sync`; None where a condition of any
    of these asks for more than the number of the round."""
    if not forwards:
        return None
    common = set(step.branches).intersection(*[one.branches for one in forwards])
    entered = {one.index: list(_entered(one, held)) for one in forwards}
    events = [step, *forwards, *(event for found in entered.values() for event in found)]
    asked = [rounds(fork, side) for one in events for fork, side in one.branches if (fork, side) not in common]
    first = next(iter(asked), None)
    if first is None or any(one is None or not one.fits(first) for one in asked):
        return None
    for rest in sorted(_when(step, common, first.divisor)):
        last = next((one for one in reversed(forwards) if rest in _when(one, common, first.divisor)), None)
        quiet = entered[last.index] if last is not None else []
        inside = next((one for one in quiet if rest in _when(one, common, first.divisor)), None)
        if last is not None and inside is not None:
            return UnsyncedStep(step, last, inside, first.number.name, first.divisor, rest)
    return None


def _entered(forward: Event, held: list[Block]) -> Iterator[Event]:
    """The calls of `no_sync` in which it stands, also where a condition chooses between that and another context."""
    sure = [context for context in forward.contexts if context.name == _NO_SYNC]
    yield from sure
    around = [block.entered for block in held if block.holds(forward) and block.entered.receiver is forward.receiver]
    if not sure and len(around) == 1 and not set(around[0].branches) <= set(forward.branches):
        yield around[0]


def _when(event: Event, common: set[tuple[Fork, int]], divisor: int) -> frozenset[int]:
    """The rounds, by what is left of their number, in which all conditions around it hold."""
    asked = [rounds(fork, side) for fork, side in event.branches if (fork, side) not in common]
    return frozenset(range(divisor)).intersection(*[one.rests for one in asked if one is not None])
