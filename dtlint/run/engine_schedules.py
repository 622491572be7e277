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
from dtlint.run.script.objects import Instance, Unread, as_value
from dtlint.run.script.trace import Event, ScriptRun

_INITIALIZE: Final = "deepspeed.initialize"
_STEP: Final = "deepspeed.runtime.engine.DeepSpeedEngine.step"
_HOME: Final = "torch.optim.lr_scheduler."
_ENDS: Final = {_HOME + "CosineAnnealingLR": "T_max", _HOME + "PolynomialLR": "total_iters"}
"""Schedules that have come to their end after as many steps as they are told."""
_FALLS: Final = _HOME + "ExponentialLR"
_FAST: Final = 0.95
"""Factors up to this one leave a thousandth of the rate after 135 steps, which nobody wants of one epoch."""


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
        made = thing.made_by if isinstance(thing, Unread | Instance) else None
        step = next((event for event in run.called(_STEP) if event.surely and len(event.loops) > 1), None)
        if made is None or made.open or step is None or not given.surely:
            continue
        end = _end(made, step.loops[-2].count.integer)
        if end is not None:
            yield ForEpochs(made, given, step, end)


def _end(made: Event, epochs: int | None) -> str | None:
    if made.name == _FALLS:
        factor = _number(made, "gamma")
        if isinstance(factor, float) and 0 < factor <= _FAST:
            return f"the rate is a thousandth after {math.ceil(math.log(0.001) / math.log(factor))} steps"
        return None
    length = _number(made, _ENDS[made.name]) if made.name in _ENDS else None
    if epochs is not None and epochs > 1 and length == epochs:
        return f"it has come to its end after {epochs} steps, not epochs"
    return None


def _number(made: Event, name: str) -> object:
    given = made.given(1, name)
    return as_value(given).constant if given is not None else None
