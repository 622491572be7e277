"""Splits of one data set into parts that are drawn at random, by each rank for itself.

Sources: torch seeds its default generator anew in each process (`getDefaultCPUGenerator` of
aten/src/ATen/CPUGeneratorImpl.cpp), `random_split` draws from it.  Seen with torch 2.13 and two processes: of 20
validation samples of 100, 14 stood in the other rank's training part without a seed, 15 with seeds 3 and 4, none with
a generator of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from sys import stdlib_module_names
from typing import Final

from dtlint.job.process import Process
from dtlint.job.world import World
from dtlint.record import record
from dtlint.run.dealing import counterparts, surely_differ
from dtlint.run.effects import Effect
from dtlint.run.handing import SAMPLER
from dtlint.run.likeness import of_one_making
from dtlint.run.script.objects import Instance, Unread
from dtlint.run.script.trace import Event, ScriptRun
from dtlint.run.wrapping import DDP, FSDP
from dtlint.value import Value

SPLIT: Final = "torch.utils.data.random_split"
_SHARED: Final = (DDP, FSDP, SAMPLER, "horovod.torch.DistributedOptimizer")
SEEDING: Final = re.compile(r"seed|rng|random_state|generator|determinis|\btrainer\b|fork_rng|load_state")
"""Calls that may set a random generator."""
KNOWN: Final = frozenset(
    (
        "torch", "torchvision", "torchaudio", "numpy", "pandas", "sklearn", "scipy", "PIL", "cv2", "yaml", "tqdm",
        "matplotlib", "tensorboardX", "horovod", "builtins", "click", "absl", "omegaconf", "einops", "h5py", "lmdb",
        "pyarrow", "librosa", "soundfile", "torchaudio", "easydict", "yacs", "rich", "loguru", "safetensors", "wandb",
        *stdlib_module_names,
    )
)  # fmt: skip
"""Packages that set no generator but by calls with such names."""
_BOTH: Final = frozenset(
    ("torch.manual_seed", "transformers.set_seed", "accelerate.utils.set_seed", "lightning.pytorch.seed_everything")
)
"""These surely set the generator of torch to the seed that they are given."""


@record(eq=False)
class Seeding:
    """What the generator of torch was set to last; without a call, chance."""

    event: Event | None
    seed: Value | None


@record(eq=False)
class Parted:
    """One call that splits a data set, in two processes that draw differently."""

    event: Event
    first: Process
    second: Process
    mine: Seeding
    theirs: Seeding

    @property
    def why(self) -> str:
        mine, theirs = self.mine.seed, self.theirs.seed
        if mine is None or theirs is None:
            return "nothing has seeded torch"
        return f"torch was seeded with {mine} and {theirs}" if mine.known and theirs.known else "their seeds differ"


def parted(world: World) -> Iterator[Parted]:
    """One for each `random_split` without a generator of its own that two ranks surely make of the same data."""
    followed = world.finished[:2]
    if len(followed) < 2 or not all(_trains_together(run) for _, run in followed):
        return
    (first, left), (second, right) = followed
    for mine, theirs in counterparts(left, right, SPLIT):
        if any(event.open or event.thing("generator") is not None for event in (mine, theirs)):
            continue
        if not of_one_making(mine.thing("dataset"), theirs.thing("dataset")):
            continue
        seedings = _seeding(first, mine), _seeding(second, theirs)
        if seedings[0] is not None and seedings[1] is not None and _apart(seedings[0], seedings[1]):
            yield Parted(mine, first, second, seedings[0], seedings[1])


def _trains_together(run: ScriptRun) -> bool:
    """One model, or one data set, is all ranks'; no rank hands its own split to the others."""
    return any(run.called(*_SHARED)) and not any("broadcast_object" in event.name for event in run.events)


def _apart(mine: Seeding, theirs: Seeding) -> bool:
    if mine.event is None and theirs.event is None:
        return True
    if mine.seed is None or theirs.seed is None or mine.event is None or theirs.event is None:
        return False
    return mine.event.name == theirs.event.name and surely_differ(mine.seed, theirs.seed)


def _seeding(process: Process, end: Event) -> Seeding | None:
    """None where it is not known."""
    run = process.run
    if run is None:
        return None
    strange, dataset = False, end.thing("dataset")
    made = dataset.made_by if isinstance(dataset, Instance | Unread) else None
    for event in reversed([one for one in run.events if one.index < end.index]):
        if event.name in _BOTH and event.surely and not event.open and event.row is not None:
            seed = event.argument(event.row.seed)
            return None if seed.is_absent or event.thing("device_specific") is not None else Seeding(event, seed)
        # What makes the data set is not presumed to seed the process again, where the script has seeded it.
        strange = strange or (event is made and not _leaves_alone(event))
        if event is not made and not _leaves_alone(event):
            return None
    # A forked child would draw what its parent draws; of a spawned one the parent's module may seed again.
    return Seeding(None, None) if process.spawned_by is None and run.complete and not strange else None


def _leaves_alone(event: Event) -> bool:
    """It surely does not set the generator of torch."""
    if event.row is not None and Effect.SEEDS in event.row.effects:
        return event.name in ("random.seed", "numpy.random.seed") or event.name.startswith("torch.cuda.")
    package, _, method = event.name.partition(".")
    if SEEDING.search(event.name.lower()):
        return False
    return event.row is not None or package in KNOWN or not method or (package == "?" and method != "__call__")
