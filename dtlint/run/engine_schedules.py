"""Schedules that are laid out for epochs, and that DeepSpeed steps with the optimizer.

"If the schedule is supposed to execute at any other interval (e.g., training epochs), then the user should NOT pass the
scheduler to DeepSpeed" (deepspeed.readthedocs.io, "Learning Rate Schedulers"): `_take_model_step` of
deepspeed/runtime/engine.py steps it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

from dtlint.record import record
from dtlint.run.script.objects import ListObject, as_value, maker
from dtlint.run.script.trace import Event, ScriptRun

_INITIALIZE: Final = "deepspeed.initialize"
_STEP: Final = "deepspeed.runtime.engine.DeepSpeedEngine.step"
_HOME: Final = "torch.optim.lr_scheduler."
_ENDS: Final = {_HOME + "CosineAnnealingLR": "T_max", _HOME + "PolynomialLR": "total_iters"}
"""Schedules that have come to their end after as many steps as they are told."""
_FALLS: Final = {_HOME + "ExponentialLR": "", _HOME + "StepLR": "step_size"}
"""Schedules that take a factor again and again, and how they are told after how many steps each time."""
_MILESTONES: Final = _HOME + "MultiStepLR"
_FAST: Final = 0.95
"""Factors up to this one leave a thousandth of the rate after 135 steps, which nobody wants of one epoch."""
_BATCHES: Final = 20
"""An epoch of a job of several processes has more: a rate that is gone before is not laid out for all its steps."""


@record(eq=False)
class ForEpochs:
    """A schedule that DeepSpeed steps with the optimizer."""

    made: Event
    given: Event
    step: Event
    end: str
    """What has become of the rate, and after how many steps."""


def for_epochs(run: ScriptRun) -> Iterator[ForEpochs]:
    for given in run.called(_INITIALIZE):
        thing = given.thing("lr_scheduler")
        made = maker(thing)
        step = next((event for event in run.called(_STEP) if event.surely and len(event.loops) > 1), None)
        if made is None or made.open or step is None or not given.surely:
            continue
        end = _end(made, step.loops[-2].count.integer)
        if end is not None:
            yield ForEpochs(made, given, step, end)


def _end(made: Event, epochs: int | None) -> str | None:
    if made.name in _FALLS:
        return _fall(made, epochs)
    if epochs is None or epochs < 2:
        return None
    last = _last(made) if made.name == _MILESTONES else None
    whole = made.name in _ENDS and _number(made, 1, _ENDS[made.name]) == epochs
    steps = last if last is not None and last < epochs else epochs if whole else None
    return f"it has come to its end after {steps} steps, not epochs" if steps is not None else None


def _fall(made: Event, epochs: int | None) -> str | None:
    """Each step, or every few of them, takes a factor."""
    told = _FALLS[made.name]
    every = _number(made, 1, told) if told else 1
    factor = _number(made, 2, "gamma", 0.1) if told else _number(made, 1, "gamma")
    if not isinstance(factor, float) or not 0 < factor < 1 or not isinstance(every, int) or every < 1:
        return None
    steps = every * math.ceil(math.log(0.001) / math.log(factor))
    gone = epochs is not None and every < epochs and steps <= epochs * _BATCHES
    if not gone and (told or factor > _FAST):
        return None
    return f"the rate is a thousandth after {steps} steps"


def _last(made: Event) -> int | None:
    """The last of its milestones."""
    listed = made.given(1, "milestones")
    if not isinstance(listed, ListObject) or not listed.complete or not listed.items:
        return None
    numbers = [as_value(item).integer for item in listed.items]
    return max(number for number in numbers if number is not None) if None not in numbers else None


def _number(made: Event, position: int, name: str, default: object = None) -> object:
    given = made.given(position, name)
    told = as_value(given) if given is not None else None
    return default if told is None else told.constant if told.known else None
