"""Attributes of external objects that change with the rounds of a loop, the same in all processes."""

from __future__ import annotations

from typing import Final

from dtlint.run.script.objects import ExternalMethod, Instance
from dtlint.value import Kind, Reach, Value, unknown

_LAST: Final = "accelerate.Accelerator.sync_gradients"
_SETTINGS: Final = ("gradient_accumulation_steps", "gradient_accumulation_plugin", "deepspeed_plugin")


def turning(attribute: ExternalMethod) -> Value | None:
    """True in some rounds and False in others; None for what is no such attribute.

    `sync_gradients` of accelerate is true in the last micro batch of each update (`_do_sync` of
    accelerate/accelerator.py): always, where nothing asks for several.
    """
    accelerator = attribute.receiver
    made = accelerator.made_by if isinstance(accelerator, Instance) else None
    if attribute.name != _LAST or made is None:
        return None
    asked = [made.argument(name) for name in _SETTINGS]
    if all(value.is_absent or (value.known and value.constant in (None, 1)) for value in asked):
        return None
    key = ("turns", made.at, _LAST)
    return unknown("sync_gradients", key=key, kind=Kind.CHANCE, reach=Reach.UNIFORM, low=0, high=1, whole=True)
