"""Calls of accelerate's `prepare` from which DeepSpeed shall learn the batch size, and that have no loader among them.

`_prepare_deepspeed` of accelerate/accelerator.py takes it from the loaders of the same call where the configuration
says `auto`, and raises a ValueError where there are none; a configuration without a file of DeepSpeed says `auto`
(`DeepSpeedPlugin` of accelerate/utils/dataclasses.py).
"""

from __future__ import annotations

import re
from typing import Final

from dtlint.job.plan import Plan
from dtlint.record import record
from dtlint.run.models import is_model
from dtlint.run.placeholders import settled
from dtlint.run.scaling import ACCELERATOR
from dtlint.run.script.objects import Instance, Thing, maker
from dtlint.run.script.trace import Event
from dtlint.value import TRUE, Truth, Value

KEY: Final = "train_micro_batch_size_per_gpu"
_BESIDE: Final = re.compile(
    r"torch\.optim\.[\w.]+|accelerate\.(?:\w+\.)*Dummy(?:Optim|Scheduler)|"
    r"(?:transformers|diffusers)\.(?:\w+\.)*get_\w*schedule\w*"
)
"""What makes optimizers and schedules."""


@record(eq=False)
class Alone:
    """The first call that prepares anything: a model, and surely no loader."""

    prepared: Event
    asked: Value
    """What the file says; absent where there is none, which says `auto` as well."""
    when: Truth


def prepared_alone(plan: Plan) -> Alone | None:
    run = plan.process.run if plan.process is not None else None
    if run is None or plan.source != "accelerate":
        return None
    first = next(run.called(f"{ACCELERATOR}.prepare"), None)
    if first is None or not first.surely or first.caught or first.open or not first.positional:
        return None
    accelerator = first.receiver
    handed_on = not isinstance(accelerator, Instance) or accelerator.unseen
    if handed_on or not any(map(is_model, first.positional)):
        return None
    if not all(is_model(thing) or _is_beside(thing) for thing in first.positional) or not settled(plan):
        return None
    asked = plan.record.field(KEY)
    return Alone(first, asked, TRUE if plan.record.is_absent else asked == "auto")


def _is_beside(thing: Thing) -> bool:
    made = maker(thing)
    return made is not None and _BESIDE.fullmatch(made.name) is not None
