"""Where the parameters of a module are before anything moves them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dtlint.run.script.objects import ClassObject, Instance, Thing
from dtlint.run.script.trace import Event, ScriptRun
from dtlint.run.wrapping import DDP, has_weights

_MOVES: Final = frozenset(("cuda", "to", "to_empty", "type", "xpu", "ipu", "apply", "_apply", "half", "share_memory"))
_DEFAULTS: Final = frozenset(("torch.set_default_device", "torch.set_default_tensor_type"))


def wrapped_on_cpu(run: ScriptRun) -> Iterator[Event]:
    """Calls of DistributedDataParallel that surely get a module on the CPU."""
    for wrap in run.called(DDP):
        if wrap.surely and not wrap.open and on_cpu(run, wrap.thing("module"), wrap):
            yield wrap


def on_cpu(run: ScriptRun, module: Thing | None, before: Event) -> bool:
    """The module surely has parameters, and surely those of one layer of torch are still on the CPU.

    Nothing at all was moved by then, no default or context sets another device, and the module was handed to nobody who
    could have moved it.
    """
    if not isinstance(module, Instance) or module.unseen or module.prepared or not _plain(module):
        return False
    earlier = [event for event in run.events if event.index < before.index]
    if any(event.method in _MOVES or event.name in _DEFAULTS or _names_device(event) for event in earlier):
        return False
    return has_weights(module) and _made_in(module, earlier)


def _made_in(module: Instance, events: list[Event]) -> bool:
    """It was made in this process: what a child finds made may have been moved by its parent."""
    if isinstance(module.cls, str):
        return any(module.made_by is event for event in events)
    return any(_made_in(part, events) for part in module.attributes.values() if isinstance(part, Instance))


def _plain(module: Instance) -> bool:
    """A module of torch, or of the workspace with no base of which nothing is known."""
    if isinstance(module.cls, ClassObject):
        return all(name == "torch.nn.Module" or name.startswith("torch.nn.") for name in module.cls.outside())
    return module.cls.startswith("torch.nn.") and module.cls.count(".") == 2


def _names_device(event: Event) -> bool:
    """It makes a layer on a device that it may be told, by an argument or by `with torch.device(…)`."""
    if not event.name.startswith("torch.nn."):
        return False
    within = any(context.name == "torch.device" for context in event.contexts)
    return within or event.open or event.thing("device") is not None
