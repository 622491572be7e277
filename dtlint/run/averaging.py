"""Backward passes in which processes wait for each other."""

from __future__ import annotations

from typing import Final

from dtlint.run.effects import Effect
from dtlint.run.horovod_steps import OPTIMIZER
from dtlint.run.script.objects import Thing
from dtlint.run.script.trace import Event, ScriptRun
from dtlint.run.wrapping import DDP, FSDP, SHARD

_QUIET: Final = frozenset(("no_sync", "no_grad", "inference_mode"))
_ENGINES: Final = frozenset(("deepspeed.runtime.engine.DeepSpeedEngine", "accelerate.Accelerator"))


def averages(event: Event, run: ScriptRun) -> bool:
    """A backward pass that brings the gradients of all processes together.

    That through DDP reduces them (torch/nn/parallel/distributed.py), and so do the engines that bring their own. Under
    Horovod's optimizer each gradient is averaged as soon as it is there (`_make_hook` of horovod/torch/optimizer.py).
    What `fully_shard` cut scatters its gradients over the processes.
    """
    if event.row is None or Effect.BACKWARD not in event.row.effects or _quiet(event):
        return False
    if event.name.rpartition(".")[0] in _ENGINES:
        return True
    beside = [one for one in run.events if one.loops == event.loops]
    sharded = [shard.thing("module") for shard in run.called(SHARD) if shard.surely and shard.thing("mesh") is None]
    if any(_forward(one, sharded) and one.index < event.index and not _quiet(one) for one in beside):
        return True
    return any(one.name == f"{OPTIMIZER}.step" and one.index > event.index for one in beside)


def _forward(event: Event, sharded: list[Thing | None]) -> bool:
    """A forward pass of a model whose backward pass waits for others; `sharded` are those that `fully_shard` cut."""
    if event.name in (f"{DDP}.__call__", f"{FSDP}.__call__"):
        return True
    return event.method == "__call__" and any(event.receiver is module for module in sharded)


def lone(event: Event, run: ScriptRun) -> bool:
    """No other backward pass comes with it in its round: one of several may be that of a model which only some have."""
    own = set(event.branches)
    return not any(
        one is not event and one.loops == event.loops and set(one.branches) <= own
        for one in run.effects(Effect.BACKWARD)
    )


def _quiet(event: Event) -> bool:
    return any(context.method in _QUIET for context in event.contexts)
