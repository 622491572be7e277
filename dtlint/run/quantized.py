"""Models that a library loads in 4 or 8 bits onto one GPU, and that are then trained.

`prepare_model` of accelerate/accelerator.py: "You can't train a model that has been loaded in 8-bit or 4-bit precision
on a different device than the one you're training on."
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from dtlint.job.process import Process
from dtlint.record import record
from dtlint.run.script.objects import DictObject, Instance, Thing, as_value, maker
from dtlint.run.script.trace import Event
from dtlint.value import Value

TRAINER: Final = re.compile(r"(?:transformers|trl)\.(?:\w+\.)*\w*Trainer")
PREPARE: Final = ("accelerate.Accelerator.prepare", "accelerate.Accelerator.prepare_model")
BITS: Final = ("load_in_4bit", "load_in_8bit")
_GPU: Final = re.compile(r"(?:cuda:)?(\d+)")
_PARTS: Final = 6


@record(eq=False)
class Pinned:
    load: Event
    index: int
    """The GPU on which the whole model is put."""
    use: Event
    """The call that takes it to be trained."""


def pinned(process: Process) -> Iterator[Pinned]:
    """The quantized models that the process surely loads onto a GPU that is told by its number, and trains."""
    run = process.run
    for load in run.events if run is not None else ():
        if load.method != "from_pretrained" or not load.name.startswith("transformers.") or not load.surely:
            continue
        index = _index(load.thing("device_map"))
        if index is None or not _quantized(load) or run is None:
            continue
        for use in run.events:
            if use.surely and use.index > load.index and _taken(use) and _comes_from(_taken(use), load):
                yield Pinned(load, index, use)
                break


def _index(given: Thing | None) -> int | None:
    if isinstance(given, DictObject):
        given = given.entries.get("") if given.complete and len(given.entries) == 1 else None
    value = as_value(given) if given is not None else None
    if value is None or not value.known or isinstance(value.constant, bool):
        return None
    found = _GPU.fullmatch(str(value.constant))
    return int(found[1]) if found else None


def _quantized(load: Event) -> bool:
    config = load.thing("quantization_config")
    if isinstance(config, Instance) and config.made_by is not None:
        return any((config.made_by.argument(name) == True).always for name in BITS)  # noqa: E712
    return any((load.argument(name) == True).always for name in BITS)  # noqa: E712


def _taken(use: Event) -> Thing | None:
    if TRAINER.fullmatch(use.name):
        return use.thing("model") or (use.positional[0] if use.positional else None)
    return use.positional[0] if use.name in PREPARE and use.positional else None


def _comes_from(thing: Thing | None, load: Event) -> bool:
    """It is the loaded model, or what a library made of it as the first argument."""
    for _ in range(_PARTS):
        if thing is load.result:
            return True
        made = maker(thing)
        if made is None or not made.surely or not (made.positional or made.receiver) or isinstance(thing, Value):
            return False
        thing = made.positional[0] if made.positional else made.receiver
    return False
