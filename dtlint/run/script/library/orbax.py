"""Orbax: the steps of which a manager has checkpoints, the same in all processes.

Each process lists the folder when its manager is made, which all processes share, and goes on from what it saves itself
(`CheckpointManager._load_checkpoint_infos` of orbax/checkpoint/checkpoint_manager.py).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dtlint.run.script.call import Arguments
from dtlint.run.script.library.handler import Function
from dtlint.run.script.objects import Thing
from dtlint.value import Reach

if TYPE_CHECKING:
    from dtlint.run.script.apply import Caller


def _step(machine: Caller, call: Arguments) -> Thing | None:
    """A number, or None where nothing was saved."""
    return machine.anything("the step of a checkpoint", call.at, Reach.UNIFORM)


FUNCTIONS: Final[dict[str, Function]] = {
    f"orbax.checkpoint.CheckpointManager.{name}": _step for name in ("latest_step", "best_step")
}
