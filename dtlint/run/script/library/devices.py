"""`torch.device`: an object that is also a plain value, `cuda:3`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dtlint.run.script.call import Arguments
from dtlint.run.script.library.handler import Function
from dtlint.run.script.objects import Instance, Thing, as_value
from dtlint.value import Text, Value, known, text

if TYPE_CHECKING:
    from dtlint.run.script.apply import Caller

TORCH_DEVICE: Final = "torch.device"


def _device(machine: Caller, call: Arguments) -> Thing | None:
    """`torch.device("cuda", 1)`, `torch.device("cuda:1")`, `torch.device(1)`, which all are the same."""
    event = machine.record(
        TORCH_DEVICE, call.at, call.func_at, call.positional, call.keywords, call.open, None, call.places
    )
    named, numbered = call.get(0, "type"), call.get(1, "index")
    device = Instance(TORCH_DEVICE, made_by=event, complete=False)
    event.result = device
    if call.open or named is None:
        return device
    value = as_value(named)
    if numbered is not None:
        index = as_value(numbered)
        value = value if index.known and index.constant is None else _numbered(value, index)
    elif value.integer is not None and not isinstance(value.constant, bool):
        value = _numbered(known("cuda"), value)
    device.value = value
    device.attributes.update(_attributes(value))
    return device


def _attributes(device: Value) -> dict[str, Thing]:
    """`type` and `index`, which is None for a device without a number."""
    match device.content:
        case Text(parts=(str(kind), Value() as number)) if kind.endswith(":"):
            return {"type": known(kind[:-1]), "index": number.as_int().after(device.trail)}
        case Text(parts=(str(kind), *_)):
            return {"type": known(kind.partition(":")[0])}
        case _ if device.string is not None:
            name, colon, behind = device.string.partition(":")
            index = known(behind).as_int() if colon else known(None)
            return {"type": known(name).after(device.trail), "index": index.after(device.trail)}
        case _:
            return {}


def _numbered(kind: Value, index: Value) -> Value:
    return text((kind, ":", index.as_text())).after(index.trail, kind.trail)


FUNCTIONS: Final[dict[str, Function]] = {TORCH_DEVICE: _device}
