"""Scripts that leave their one GPU to accelerate: whatever it prepares stands on the device of the process.

`prepare_model` of accelerate/accelerator.py moves the model to `self.device`, which is the first visible GPU of a
process that is alone (`PartialState` of accelerate/state.py); one that was spread by a `device_map` before stays so.
"""

from __future__ import annotations

from typing import Final

from dtlint.job.process import Process
from dtlint.run.devices import leaves_devices_alone, uses
from dtlint.run.effects.ready_made import ready_made
from dtlint.run.models import is_model
from dtlint.run.scaling import ACCELERATOR
from dtlint.run.script.trace import Event

_SPREADS: Final = ("device_map", "max_memory", "device_placement", "cpu", "tensor_parallel_size", "tp_plan")
"""Arguments with which a call may put parts of a model on several GPUs, or leave the model where it is."""
_OF_MODELS: Final = frozenset((
    "__call__", "parameters", "named_parameters", "train", "eval", "state_dict", "save_pretrained",
    "gradient_checkpointing_enable",
))  # fmt: skip
"""Methods of whole models that leave them where they are."""
_OURS: Final = ("accelerate.Accelerator", "accelerate.utils.")


def prepared_for_one_gpu(process: Process) -> Event | None:
    """The call that surely prepares a model, of a script that surely takes no other GPU."""
    run = process.run
    made = list(run.called(ACCELERATOR)) if run is not None else []
    if run is None or run.unread or len(made) != 1 or not made[0].surely:
        return None
    if any(name in event.keywords for event in run.events for name in _SPREADS):
        return None
    if any(event.open and ready_made(event.name) for event in run.events) or not all(map(_harmless, run.events)):
        return None
    if {use.index.integer for use in uses(run) if not use.index.is_absent} - {0}:
        return None
    prepared = (event for event in run.called(f"{ACCELERATOR}.prepare") if event.surely)
    return next((event for event in prepared if any(map(is_model, event.positional))), None)


def _harmless(event: Event) -> bool:
    known = event.row is not None or event.name.startswith(_OURS) or ready_made(event.name)
    known = known or (event.method in _OF_MODELS and ready_made(event.name.rpartition(".")[0]))
    return "DataParallel" not in event.name and (known or leaves_devices_alone(event.name))
