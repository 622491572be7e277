"""Backward passes that go past the engine which holds the model and scales its loss.

`_backward_hook` of lightning/fabric/wrappers.py, asked for by precisions and strategies with a backward pass of their
own (`test_backward_required` of tests/tests_fabric/test_wrappers.py); `_backward_post_hook` of
deepspeed/runtime/engine.py, which releases before 0.18 do not have, where `DeepSpeedEngine.backward` alone averages
gradients and counts micro batches; `AcceleratedOptimizer.step` of accelerate/optimizer.py, and `GradScaler.step` of
torch/amp/grad_scaler.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dtlint.job.process import Process
from dtlint.job.run import Run
from dtlint.record import record
from dtlint.run.effects import Effect
from dtlint.run.releases import minor
from dtlint.run.script.trace import Event, ScriptRun
from dtlint.value import Truth, Value

FABRIC: Final = "lightning.fabric.Fabric"
ENGINE: Final = "deepspeed.runtime.engine.DeepSpeedEngine"
ACCELERATOR: Final = "accelerate.Accelerator"
MIXED: Final = ("16-mixed", "bf16-mixed", "16", "bf16")
"""Precisions of Fabric with a backward pass of their own."""
PLAIN_BACKWARD: Final = ("?.backward", "torch.Tensor.backward")
HOOKED: Final = (0, 18)
"""The first release of DeepSpeed that looks after the gradients of any backward pass."""
AVERAGES: Final = ("all_reduce", "allreduce", "backward_epilogue")
"""Words in the names of what a script may call for the gradients itself."""
BY_HAND: Final = frozenset(("scale", "scale_loss"))


@record(eq=False)
class Scaling:
    """A plain backward pass of a script whose engine scales the loss where `scales`."""

    engine: str
    setup: Event
    backward: Event
    precision: Value
    scales: Truth
    words: str
    remedy: str


def scalings(run: Run) -> Iterator[Scaling]:
    """The first one of each process that was run on paper."""
    for process in run.processes:
        followed = process.run
        if followed is None or followed.truncated or followed.unread:
            continue
        backward = _plain_backward(followed)
        if backward is not None:
            yield from _of_fabric(followed, backward)
            yield from _of_deepspeed(run, process, followed, backward)
            yield from _of_accelerate(followed, backward)


def _plain_backward(run: ScriptRun) -> Event | None:
    """The first backward pass, if all of them are PyTorch's own and nobody scales the loss by hand."""
    if any(event.method in BY_HAND for event in run.events):
        return None
    found = list(run.effects(Effect.BACKWARD))
    plain = all(event.name in PLAIN_BACKWARD for event in found)
    return found[0] if found and plain and found[0].surely and not found[0].caught else None


def _of_fabric(run: ScriptRun, backward: Event) -> Iterator[Scaling]:
    made, setups = list(run.called(FABRIC)), list(run.called(FABRIC + ".setup", FABRIC + ".setup_module"))
    if len(made) != 1 or len(setups) != 1 or not made[0].surely or not setups[0].surely:
        return
    precision = made[0].argument("precision")
    if made[0].thing("plugins") is None and backward.index > setups[0].index:
        yield Scaling(
            "Fabric", setups[0], backward, precision, precision.one_of(*MIXED), f"precision {precision}",
            "fabric.backward(loss)",
        )  # fmt: skip


def _of_deepspeed(run: Run, process: Process, followed: ScriptRun, backward: Event) -> Iterator[Scaling]:
    setups = list(followed.called("deepspeed.initialize"))
    forward = any(event.index < backward.index for event in followed.called(ENGINE + ".__call__"))
    if len(setups) != 1 or not setups[0].surely or not forward:
        return
    for plan in run.plans:
        if plan.process is process and plan.source == "deepspeed" and plan.direct and plan.fp16.trail:
            yield Scaling(
                "DeepSpeed", setups[0], backward, plan.fp16, plan.fp16 == True, "fp16", "engine.backward(loss)"  # noqa: E712
            )
            return
    number = minor(process.deepspeed)
    stepped = any(event.surely and event.index > backward.index for event in followed.called(ENGINE + ".step"))
    averaged = any(name in event.method for event in followed.events for name in AVERAGES)
    if number is not None and number < HOOKED and process.world is not None and stepped and not averaged:
        pinned = process.deepspeed
        several, words = process.world.size > 1, f"release {pinned}"
        yield Scaling("DeepSpeed", setups[0], backward, pinned, several, words, "engine.backward(loss)")


def _of_accelerate(run: ScriptRun, backward: Event) -> Iterator[Scaling]:
    made = list(run.called(ACCELERATOR))
    setups = list(run.called(ACCELERATOR + ".prepare", ACCELERATOR + ".prepare_optimizer"))
    if len(made) != 1 or not made[0].surely or not setups or not setups[0].surely:
        return
    precision = made[0].argument("mixed_precision")
    prepared = any(getattr(thing, "cls", "") and "optim." in str(getattr(thing, "cls", ""))
                   for event in setups for thing in event.positional)  # fmt: skip
    if prepared and backward.index > setups[0].index:
        yield Scaling(
            "accelerate", setups[0], backward, precision, precision == "fp16", "fp16", "accelerator.backward(loss)"
        )
