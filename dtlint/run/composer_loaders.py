"""Loaders that Composer's Trainer refuses where there are several processes: they do not deal the samples out.

`DataSpec.__init__` of composer/core/data_spec.py of 0.32: a loader over a data set with numbers needs a
`DistributedSampler`; Composer puts none in.  Releases since 0.11 look (https://github.com/mosaicml/composer/pull/1598).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dtlint.run.epochs import LOADER
from dtlint.run.script.objects import ClassObject, Instance, Thing, Unread
from dtlint.run.script.trace import Event, ScriptRun

_DATASET: Final = "torch.utils.data.Dataset"
_MAP_STYLE: Final = ("torch.utils.data.TensorDataset", "torch.utils.data.Subset", "torch.utils.data.ConcatDataset")
_TORCHVISION: Final = "torchvision.datasets."
_TRAINERS: Final = ("composer.Trainer", "composer.trainer.Trainer", "composer.trainer.trainer.Trainer")


def without_sampler(run: ScriptRun) -> Iterator[tuple[Event, Event]]:
    """Calls that make such a loader, and the Trainer that gets it."""
    for trainer in run.called(*_TRAINERS):
        loader = trainer.given(1, "train_dataloader")
        made = loader.made_by if isinstance(loader, Instance) and loader.cls == LOADER else None
        if made is None or made.open or not trainer.surely or not made.surely:
            continue
        dealt = any(made.thing(name) is not None for name in ("sampler", "batch_sampler"))
        if not dealt and _indexed(made.thing("dataset")):
            yield made, trainer


def _indexed(dataset: Thing | None) -> bool:
    """Its class is surely one with numbered samples, whoever had it in between."""
    if isinstance(dataset, Unread):
        return dataset.made_by is not None and dataset.made_by.name.startswith(_TORCHVISION)
    if not isinstance(dataset, Instance):
        return False
    if isinstance(dataset.cls, ClassObject):
        return dataset.cls.outside() == (_DATASET,) and dataset.cls.lookup("__getitem__") is not None
    return dataset.cls in _MAP_STYLE or dataset.cls.startswith(_TORCHVISION)
