"""Losses that a script divides by the accumulation steps before a backward pass that divides by them itself.

`DeepSpeedEngine.backward` of deepspeed/runtime/engine.py, whose `scale_wrt_gas` is true by default, and
`Accelerator.backward` of accelerate/accelerator.py, which leaves it to DeepSpeed where that is at work.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from dtlint.facts.script import Attribute, Constant, Expr, Name
from dtlint.facts.syntax import nodes_of
from dtlint.job.process import Process
from dtlint.job.run import Run
from dtlint.record import record
from dtlint.run.effects import Effect
from dtlint.run.option_defaults import default
from dtlint.run.scaling import ACCELERATOR, ENGINE, PLAIN_BACKWARD
from dtlint.run.script.objects import Thing, as_value
from dtlint.run.script.trace import Event, Quotient, ScriptRun
from dtlint.source import Span
from dtlint.tools.accelerate import USES_DEEPSPEED
from dtlint.value import How, Step, Truth, Value

_STEPS: Final = "gradient_accumulation_steps"
_OWN: Final = f"{ENGINE}.{_STEPS}"
_ACCUMULATION: Final = re.compile(r"accum|(^|_)gas($|_)", re.IGNORECASE)
"""Names of the number of micro batches in a step; a bare number may divide for another reason."""
_PLUGINS: Final = frozenset(("deepspeed_plugin", "deepspeed_plugins", "gradient_accumulation_plugin"))
_SETTERS: Final = ("set_train_batch_size", "set_train_micro_batch_size", "set_gradient_accumulation_steps")


@record(eq=False)
class Divided:
    """A backward pass of a loss that was divided by the `steps` already where `again` holds."""

    engine: str
    backward: Event
    by: Span
    steps: Value
    again: Truth


def divided(run: Run) -> Iterator[Divided]:
    """The first one of each process that was run on paper."""
    for process in run.processes:
        followed = process.run
        if followed is not None and not followed.truncated:
            yield from _by_deepspeed(run, process, followed)
            if not any(plan.process is process and plan.source in ("deepspeed", "accelerate") for plan in run.plans):
                yield from _by_accelerate(followed)


def _by_deepspeed(run: Run, process: Process, followed: ScriptRun) -> Iterator[Divided]:
    plans = [plan for plan in run.plans if plan.source == "deepspeed" and plan.process is process and plan.direct]
    changed = any(event.method in _SETTERS for event in followed.events)
    if len(plans) != 1 or len(list(followed.called("deepspeed.initialize"))) != 1 or changed:
        return
    steps = plans[0].accumulation
    for backward in followed.called(f"{ENGINE}.backward"):
        plain = len(backward.positional) <= 1 and not backward.keywords.keys() - {"loss"}
        found = _divisor(followed, backward) if plain else None
        if found is not None and not steps.is_absent:
            told, at = found
            same = steps > 1 if _asked(told) else _same(told, steps)
            yield Divided("DeepSpeed", backward, at, steps, same)
            return


def _by_accelerate(run: ScriptRun) -> Iterator[Divided]:
    made = list(run.called(ACCELERATOR))
    if len(made) != 1 or not made[0].surely or made[0].open or "gradient_accumulation_plugin" in made[0].keywords:
        return
    steps = made[0].argument(_STEPS)
    if not steps.trail:
        steps = steps.because(Step(How.OPTION, f"{_STEPS}={steps}", made[0].argument_at(_STEPS)))
    for backward in run.called(f"{ACCELERATOR}.backward"):
        found = _divisor(run, backward)
        if found is not None and made[0].thing(_STEPS) is not None:
            told, usual = found[0], default(run, steps)
            if usual is not None and as_value(told).same(steps):
                # Whatever else somebody gives: both are the same option.
                told = steps = usual
            yield Divided("accelerate", backward, found[1], steps, _same(told, steps))
            return


@record(eq=False)
class Undivided:
    """A backward pass of PyTorch's own where accelerate accumulates, of a loss that nobody divides."""

    backward: Event
    accumulate: Event
    steps: Value


def undivided(run: Run) -> Iterator[Undivided]:
    """The first one of each process that was run on paper."""
    for process in run.processes:
        followed = process.run
        # DeepSpeed, where it is at work in accelerate or may be, divides by itself.
        engine = process.environment.set(USES_DEEPSPEED) or (
            process.launch is not None and any(launch.tool == "deepspeed" for launch in process.launch.chain())
        )
        if followed is not None and not followed.truncated and not engine:
            yield from _undivided(followed)


def _undivided(run: ScriptRun) -> Iterator[Undivided]:
    """Where `Accelerator.backward` would have divided by the accumulation steps."""
    made = list(run.called(ACCELERATOR))
    if len(made) != 1 or not made[0].surely or made[0].open or _PLUGINS & made[0].keywords.keys():
        return
    steps = made[0].argument(_STEPS)
    for backward in run.effects(Effect.BACKWARD):
        within = next((one for one in backward.contexts if one.name == f"{ACCELERATOR}.accumulate"), None)
        if within is None or not backward.surely or backward.name not in PLAIN_BACKWARD:
            continue
        loss = backward.receiver
        # Behind its division a loss may be added to another.
        divides = any(one.result is loss or _may_be(one, steps) for one in run.quotients)
        if not divides and made[0].thing(_STEPS) is not None:
            yield Undivided(backward, within, steps)
            return


def _may_be(one: Quotient, steps: Value) -> bool:
    """It may divide by the accumulation steps: by their name, or by what has their number and is not written down."""
    computed = not isinstance(one.written, Constant)
    return _names_accumulation(one.written) or (computed and as_value(one.divisor).same(steps))


def _divisor(run: ScriptRun, backward: Event) -> tuple[Thing, Span] | None:
    """What the loss is divided by, if that is called after an accumulation."""
    loss = backward.thing("loss")
    if loss is None or not backward.surely or backward.open:
        return None
    for one in run.quotients:
        plain = isinstance(loss, Value) and isinstance(one.result, Value) and loss.same(one.result)
        if (plain or loss is one.result) and _names_accumulation(one.written):
            return one.divisor, one.written.at
    return None


def _names_accumulation(written: Expr) -> bool:
    for node in nodes_of(written):
        word = node.name if isinstance(node, Attribute) else node.id if isinstance(node, Name) else ""
        text = node.value if isinstance(node, Constant) and isinstance(node.value, str) else word
        if _ACCUMULATION.search(text):
            return True
    return False


def _asked(told: Thing) -> bool:
    """The engine itself is asked how many there are."""
    return isinstance(told, Value) and any(symbol.key == ("setting", _OWN) for symbol in told.symbols())


def _same(told: Thing, steps: Value) -> Truth:
    return (as_value(told) == steps) & (steps > 1)
