"""When TensorFlow's runtime starts in a script: from then on it holds all GPUs that it sees, and none can be hidden."""

from __future__ import annotations

from typing import Final

from dtlint.job.process import Process
from dtlint.record import record
from dtlint.run.script.objects import Instance, ListObject, Thing, Unread, maker
from dtlint.run.script.trace import Event

STARTS: Final = (
    *(f"tensorflow.{name}" for name in ("constant", "Variable", "zeros", "ones", "fill", "cast", "one_hot")),
    "tensorflow.convert_to_tensor",
    "tensorflow.random.normal",
    "tensorflow.random.uniform",
    "tensorflow.data.Dataset.range",
    "tensorflow.data.Dataset.from_tensors",
    "tensorflow.data.Dataset.from_tensor_slices",
    "tensorflow.data.Dataset.list_files",
    "tensorflow.io.matching_files",
    "tensorflow.data.TFRecordDataset",
    "tensorflow.config.list_logical_devices",
    "tensorflow.config.experimental.list_logical_devices",
)
"""Calls that start it (seen with TensorFlow 2.21)."""
GRAPHS: Final = ("disable_eager_execution", "disable_v2_behavior", "as_default", "Session")
"""With graphs it starts later, with the first session."""

_HIDES: Final = tuple(f"tensorflow.config.{home}set_visible_devices" for home in ("", "experimental."))
_LISTS: Final = "list_physical_devices"
_KERAS: Final = ("tensorflow.keras.", "keras.")
_WITH_SHAPE: Final = frozenset(("input_shape", "input_dim", "batch_input_shape"))


@record(eq=False)
class Late:
    """GPUs are to be hidden from a runtime that holds them already."""

    hides: Event
    starts: Event


def late(process: Process) -> Late | None:
    """The first call that leaves a process only its own GPU, not the first one, behind a call that surely starts it."""
    run = process.run
    if run is None or run.child or not process.local or any(event.method in GRAPHS for event in run.events):
        return None
    hides = next(run.called(*_HIDES), None)
    if hides is None or not _where_there_are_gpus(hides):
        return None
    if not _one_of_several(hides.given(0, "devices"), process.local):
        return None
    starts = next((event for event in run.events if event.surely and not event.caught and _starts(event)), None)
    return Late(hides, starts) if starts is not None and starts.index < hides.index else None


def _where_there_are_gpus(event: Event) -> bool:
    """No condition stands around it but that the list of GPUs is not empty."""
    return all(side == 0 and _LISTS in str(fork.value) for fork, side in event.branches)


def _one_of_several(devices: Thing | None, local: int) -> bool:
    """It is the GPU of the local rank; were there no others, the call would change nothing."""
    if isinstance(devices, ListObject) and devices.complete and len(devices.items) == 1:
        devices = devices.items[0]
    key = devices.key if isinstance(devices, Unread) else None
    return key is not None and key.integer == local


def _starts(event: Event) -> bool:
    """It makes a tensor, or a model that has weights from the beginning since it knows the shape of its input."""
    if event.name in STARTS:
        return True
    made = event.result if isinstance(event.result, Instance) else None
    if made is None or not event.name.startswith(_KERAS):
        return False
    layers = event.given(0, "layers") if event.method == "Sequential" else None
    return isinstance(layers, ListObject) and len(layers.items) > 1 and _of_known_input(layers.items[0])


def _of_known_input(layer: Thing) -> bool:
    made = maker(layer)
    return made is not None and (made.method in ("Input", "InputLayer") or bool(_WITH_SHAPE & made.keywords.keys()))
