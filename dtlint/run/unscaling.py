"""Gradients of mixed precision that are divided by their scale in each micro batch, and not once in an update.

`GradScaler.unscale_` of torch/amp/grad_scaler.py raises where it was called for the optimizer since the last
`update()`. `Accelerator.clip_grad_norm_`, `clip_grad_value_` and `unscale_gradients` of accelerate/accelerator.py call
it in "fp16" for every prepared optimizer, and `AcceleratedOptimizer.step` of accelerate/optimizer.py calls `update()`
with the last micro batch alone (`gradient_state.sync_gradients`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dtlint.job.process import Process
from dtlint.record import record
from dtlint.run.horovod_steps import passes_between_steps
from dtlint.run.scaling import ACCELERATOR
from dtlint.run.script.objects import Instance
from dtlint.run.script.trace import Event, ScriptRun
from dtlint.run.steps import SCALERS
from dtlint.value import Truth, Value, known

_CALLS: Final = ("clip_grad_norm_", "clip_grad_value_", "unscale_gradients")
_PLUGINS: Final = ("deepspeed_plugin", "deepspeed_plugins", "megatron_lm_plugin", "gradient_accumulation_plugin")


@record(eq=False)
class Unscaled:
    """A call that unscales in each of `steps` micro batches, which fails where `when` holds."""

    call: Event
    steps: Value
    updates: Event
    when: Truth
    engine: str
    guard: str


def unscaled_each_time(process: Process) -> Iterator[Unscaled]:
    run = process.run
    if run is None or run.truncated:
        return
    yield from _by_hand(run)
    launch = process.launch
    other = launch is not None and launch.tool == "accelerate" and launch.config.field("distributed_type").string
    if other not in ("DEEPSPEED", "MEGATRON_LM") and not run.sets_unknown_names:
        yield from _by_accelerate(run)


def _by_hand(run: ScriptRun) -> Iterator[Unscaled]:
    """`unscale_` in each round, and `step` and `update` in each n-th."""
    for call in run.events:
        scaler = call.receiver
        if call.method != "unscale_" or not call.surely or not isinstance(scaler, Instance) or scaler.unseen:
            continue
        made = scaler.made_by if any(name in SCALERS for name in scaler.class_names) else None
        beside = [one for one in run.events if one.receiver is scaler and one.index > call.index]
        step = next((one for one in beside if one.method == "step"), None)
        steps = passes_between_steps(call, step) if step is not None and call.loops == step.loops else None
        rare = step is not None and all(one.branches == step.branches for one in beside if one.method == "update")
        if made is None or made.open or step is None or steps is None or not rare:
            continue
        enabled = made.argument("enabled").or_default(known(True))
        on = enabled == True  # noqa: E712 - a Truth
        yield Unscaled(call, steps, step, (steps > 1) & on, "the scaler", "in the round of scaler.step")
        return


def _by_accelerate(run: ScriptRun) -> Iterator[Unscaled]:
    made = list(run.called(ACCELERATOR))
    if len(made) != 1 or not made[0].surely or made[0].open or any(made[0].thing(name) for name in _PLUGINS):
        return
    steps, precision = made[0].argument("gradient_accumulation_steps"), made[0].argument("mixed_precision")
    around = {one.index: one for one in run.called(f"{ACCELERATOR}.accumulate")}
    for call in run.called(*(f"{ACCELERATOR}.{name}" for name in _CALLS)):
        within = next((one for one in call.contexts if one.index in around), None)
        step = next((one for one in run.events if one.index > call.index and _prepared_step(one)), None)
        if within is None or call.branches != within.branches or call.caught or step is None or steps.is_absent:
            continue
        when = (steps > 1) & (precision == "fp16")
        yield Unscaled(call, steps, step, when, "accelerate", "behind accelerator.sync_gradients")
        return


def _prepared_step(event: Event) -> bool:
    thing = event.receiver
    optimizer = isinstance(thing, Instance) and thing.prepared
    return event.method == "step" and optimizer and event.name.startswith("torch.optim.") and "sched" not in event.name
