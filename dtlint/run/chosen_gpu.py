"""The GPU that a process works on, as far as its script or a library says it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from dtlint.job.process import Process
from dtlint.job.visibility import mask
from dtlint.record import record
from dtlint.run.devices import uses
from dtlint.run.script.trace import ScriptRun

BY_LOCAL_RANK: Final = ("accelerate.Accelerator", "accelerate.PartialState", "deepspeed.initialize")
"""Calls that make the GPU of the local rank the current one.

accelerate/state.py (`PartialState.set_device`); deepspeed/runtime/engine.py (`_set_distributed_vars`).
"""


@record
class Gpu:
    index: int | None
    words: str


Gpus = Callable[[int, int, Process | None], Gpu]
NOT_KNOWN: Final = Gpu(None, "unknown")


def gpus(processes: Sequence[Process]) -> Gpus:
    """The GPU by rank and local rank: of processes whose script was followed what they say, of the others what all of
    these have in common: the local rank, the rank, or one GPU."""
    followed = [(process, gpu_of(process)) for process in processes if process.run is not None]
    several = len({process.local for process, _ in followed}) > 1
    ways: tuple[Callable[[int, int], int], ...] = (lambda rank, local: local, lambda rank, local: rank)
    fitting = [
        way
        for way in ways
        if several
        and all(
            gpu.index is not None and gpu.words == f"cuda:{way(process.rank.as_int().integer or 0, process.local)}"
            for process, gpu in followed
        )
    ]
    alike = {gpu.words for _, gpu in followed}
    masked = any(mask(each.environment) is not None for each, _ in followed)
    same = followed[0][1] if several and len(alike) == 1 and not masked else NOT_KNOWN

    def gpu(rank: int, local: int, process: Process | None) -> Gpu:
        if process is not None and process.run is not None:
            return gpu_of(process)
        if fitting:
            index = fitting[0](rank, local)
            return Gpu(index, f"cuda:{index}")
        return same

    return gpu


def gpu_of(process: Process) -> Gpu:
    """The GPU that the process makes its own: by `set_device`, or as the device of a wrapper or a group."""
    run = process.run
    if run is None:
        return NOT_KNOWN
    found = [use for use in uses(run) if use.event.surely and use.decides]
    named = [use for use in found if use.binds] or [use for use in found if use.named]
    if not named:
        return _by_library(process, run)
    use = named[-1]
    if use.index.is_absent:
        return Gpu(None, "the current one")
    index = use.index.as_int().integer
    if index is None:
        return Gpu(None, f"unknown ({use.index})")
    return _named_gpu(process, index)


def _by_library(process: Process, run: ScriptRun) -> Gpu:
    """A library that makes the GPU of the local rank the current one, where it sees as many."""
    if (process.visible_gpus <= process.local).always or process.environment.set("ACCELERATE_USE_CPU"):
        return NOT_KNOWN
    for event in run.called(*BY_LOCAL_RANK):
        if event.surely and not event.open and event.argument("cpu").is_absent:
            return _named_gpu(process, process.local)
    return NOT_KNOWN


def _named_gpu(process: Process, index: int) -> Gpu:
    """With the number that the driver knows it by, where a variable numbers them anew."""
    hiding = process.environment.get("CUDA_VISIBLE_DEVICES").string if mask(process.environment) is not None else None
    shown = [device.strip() for device in (hiding or "").split(",") if device.strip()]
    if 0 <= index < len(shown) and shown[index] != str(index):
        return Gpu(index, f"cuda:{index} (GPU {shown[index]})")
    return Gpu(index, f"cuda:{index}")
