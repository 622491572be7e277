"""Scripts that keep DeepSpeed's engine from counting the micro batches that it is told to accumulate.

`DeepSpeedEngine.step` of deepspeed/runtime/engine.py adds one to `micro_steps` in each call, and updates where
`(micro_steps + 1) % gradient_accumulation_steps() == 0` (`is_gradient_accumulation_boundary`); neither the backward
pass nor the optimizer counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dtlint.job.plan import Plan
from dtlint.record import record
from dtlint.run.horovod_steps import divisor_of, passes_between_steps
from dtlint.run.scaling import ENGINE
from dtlint.run.script.objects import Instance
from dtlint.run.script.trace import Event, Fork, ScriptRun
from dtlint.value import Value, known

_OWN_COUNT: Final = ("set_gradient_accumulation_boundary", "set_gradient_accumulation_steps", "no_sync")
"""With these a script says itself when micro batches are complete."""
_BOUNDARY: Final = f"{ENGINE}.is_gradient_accumulation_boundary"
_NUMBER: Final = f"{ENGINE}.gradient_accumulation_steps"
_OPTIMIZER: Final = "deepspeed.runtime.Optimizer"


@record(eq=False)
class LeftOut:
    """A call of the engine's `step` that does not come with each backward pass."""

    step: Event
    backward: Event
    every: Value | None
    """Backward passes from one call to the next; None where the engine is asked when to call it."""


def left_out(plan: Plan) -> Iterator[LeftOut]:
    """The first one."""
    run = _followed(plan)
    steps = list(run.called(f"{ENGINE}.step")) if run is not None else []
    if run is None or len({step.at for step in steps}) != 1:
        return
    step = steps[0]
    backward = next(run.called(f"{ENGINE}.backward"), None)
    if backward is None or backward.index > step.index or backward.receiver is not step.receiver:
        return
    if backward.surely and len(step.branches) == 1 and _asks_engine(run, step, *step.branches[0]):
        yield LeftOut(step, backward, None)
        return
    before = [one for one in run.called(f"{ENGINE}.backward") if one.index < step.index and one.at == backward.at]
    # A short loop around the backward pass was gone through round by round.
    unrolled = len(before) > 1 and step.surely and all(one.loops == step.loops for one in before)
    every = known(len(before)) if unrolled else passes_between_steps(backward, step)
    if every is None and backward.surely and len(step.branches) == 1 and _asks_number(*step.branches[0]):
        every = plan.accumulation
    if every is not None:
        yield LeftOut(step, backward, every)


def stepped_past(plan: Plan) -> Iterator[tuple[Event, Event]]:
    """The first step of the optimizer itself where the engine makes none, and the backward pass before it."""
    run = _followed(plan)
    if run is None or run.unread or any(run.called(f"{ENGINE}.step", f"{ENGINE}.train_batch")):
        return
    given = next(run.called("deepspeed.initialize")).thing("optimizer")
    for step in run.events:
        if step.method != "step" or not step.surely or not isinstance(step.receiver, Instance):
            continue
        if step.receiver is not given and step.receiver.cls != _OPTIMIZER:
            continue
        backward = next((one for one in run.called(f"{ENGINE}.backward") if one.index < step.index), None)
        if backward is not None and backward.surely:
            yield step, backward
            return


def _followed(plan: Plan) -> ScriptRun | None:
    """The run of a script with one engine that counts by itself."""
    run = plan.process.run if plan.process is not None else None
    if plan.source != "deepspeed" or not plan.direct or run is None or run.truncated:
        return None
    if not plan.record.field("managed_gradient_accumulation").is_absent:
        return None
    told = any(event.method in _OWN_COUNT for event in run.events)
    return None if told or len(list(run.called("deepspeed.initialize"))) != 1 else run


def _asks_engine(run: ScriptRun, step: Event, fork: Fork, side: int) -> bool:
    """The condition around the step is the engine's own word that micro batches are complete."""
    return side == 0 and any(
        fork.at.path == asked.at.path
        and fork.at.start <= asked.at.start < step.at.start
        and not any(around is fork for around, _ in asked.branches)
        for asked in run.called(_BOUNDARY)
    )


def _asks_number(fork: Fork, side: int) -> bool:
    """The condition around the step is `… % engine.gradient_accumulation_steps() == 0`."""
    divisor = divisor_of(fork)
    symbol = divisor.symbol if divisor is not None else None
    return side == 0 and symbol is not None and symbol.key == ("setting", _NUMBER)
