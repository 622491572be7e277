"""Things that surely are models: layers of torch, classes of the workspace built on them, whole ones of libraries."""

from __future__ import annotations

from typing import Final

from dtlint.run.effects.ready_made import ready_made
from dtlint.run.script.objects import ClassObject, Instance, Thing, maker

_MODULES: Final = ("torch.nn.", "peft.get_peft_model", "transformers.PreTrainedModel")


def is_model(thing: Thing) -> bool:
    if isinstance(thing, Instance) and isinstance(thing.cls, ClassObject):
        bases = thing.cls.outside()
        return bool(bases) and all(base.startswith(_MODULES) for base in bases)
    made = maker(thing)
    return made is not None and (ready_made(made.name) or made.name.startswith(_MODULES))
