"""Backward passes in which processes wait for each other."""

from __future__ import annotations

from typing import Final

from dtlint.run.effects import Effect
from dtlint.run.script.trace import Event, ScriptRun
from dtlint.run.wrapping import DDP, FSDP

_QUIET: Final = frozenset(("no_sync", "no_grad", "inference_mode"))
_ENGINES: Final = frozenset(("deepspeed.runtime.engine.DeepSpeedEngine", "accelerate.Accelerator"))


def averages(event: Event, run: ScriptRun) -> bool:
    """A backward pass that brings the gradients of all processes together.

    That through DDP reduces them (torch/nn/parallel/distributed.py), and so do the engines that bring their own.
    """
    if event.row is None or Effect.BACKWARD not in event.row.effects or _quiet(event):
        return False
    if event.name.rpartition(".")[0] in _ENGINES:
        return True
    forward = [one for one in run.called(DDP + ".__call__", FSDP + ".__call__") if one.index < event.index]
    return any(one.loops == event.loops and not _quiet(one) for one in forward)


def lone(event: Event, run: ScriptRun) -> bool:
    """No other backward pass comes with it in its round: one of several may be that of a model which only some have."""
    own = set(event.branches)
    return not any(
        one is not event and one.loops == event.loops and set(one.branches) <= own
        for one in run.effects(Effect.BACKWARD)
    )


def _quiet(event: Event) -> bool:
    return any(context.method in _QUIET for context in event.contexts)
