"""Loaders of PaddlePaddle that go over a whole data set, and the call by which processes train one model together."""

from __future__ import annotations

from typing import Final

from dtlint.job.process import Process
from dtlint.run.script.objects import ClassObject, Instance, Thing, Unread
from dtlint.run.script.trace import Event

LOADER: Final = "paddle.io.DataLoader"
_DATASET: Final = "paddle.io.Dataset"
_MADE: Final = ("paddle.vision.datasets.", "paddle.text.", "paddle.io.TensorDataset")
"""Data sets of the framework itself, which hold all samples by number."""


def joins(process: Process) -> Event | None:
    """The call that surely wraps the model to average gradients; None where some processes may share samples."""
    run = process.run
    if run is None or any(run.called("paddle.distributed.fleet.init", "paddle.distributed.new_group")):
        return None
    return next((event for event in run.called("paddle.DataParallel") if event.surely and not event.open), None)


def goes_over_all(made: Event) -> bool:
    """The loader that this call makes surely hands out every sample of its data set."""
    return not made.open and made.thing("batch_sampler") is None and _by_number(made.thing("dataset"))


def _by_number(dataset: Thing | None) -> bool:
    """It surely holds all samples, by number: an iterable data set may share itself out."""
    match dataset:
        case Instance(cls=ClassObject() as cls):
            return not dataset.unseen and cls.lookup("__getitem__") is not None and dataset.is_a(_DATASET)
        case Instance():
            return not dataset.unseen and any(name.startswith(_MADE) for name in dataset.class_names)
        case Unread(made_by=Event() as made):
            return not dataset.unseen and made.result is dataset and made.name.startswith(_MADE)
        case _:
            return False
