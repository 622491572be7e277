"""Which tensors surely lie in the memory of the host."""

from __future__ import annotations

from typing import Final

from dtlint.run.effects import Effect
from dtlint.run.script.objects import Either, External, Instance, ListObject, Thing, Unread, as_value, maker
from dtlint.run.script.trace import Event, ScriptRun
from dtlint.value import Value

_MAKERS: Final = frozenset(
    f"torch.{name}"
    for name in (
        "zeros", "ones", "empty", "full", "rand", "randn", "randint", "randperm", "arange", "linspace", "eye",
        "FloatTensor", "DoubleTensor", "HalfTensor", "LongTensor", "IntTensor", "ByteTensor", "BoolTensor",
        "from_numpy",
    )
)  # fmt: skip
"""They make a tensor on the CPU where nothing names another device."""
_OF_DATA: Final = frozenset(("torch.tensor", "torch.as_tensor", "torch.Tensor"))
"""The same for numbers and lists of them; a tensor stays where it is."""
_LONGEST_CHAIN: Final = 6
_MOVE_DEFAULT: Final = ("torch.set_default_device", "torch.set_default_tensor_type")


def cpu_tensor(thing: Thing | None, run: ScriptRun, deep: int = _LONGEST_CHAIN) -> Event | None:
    """The call that made the tensor, or the one that it was added up in, if it surely lies on the CPU."""
    if deep == 0:
        return None
    if isinstance(thing, Either):
        sides = [cpu_tensor(side, run, deep - 1) for side in thing.alternatives()]
        return sides[0] if all(side is not None for side in sides) else None
    if isinstance(thing, Unread) and thing.operands and not _moved(thing, run):
        # What stands in the operator beside a tensor with dimensions lies where it lies, or the operator fails.
        born = cpu_tensor(thing.operands[0], run, deep - 1)
        return born if born is not None and _has_dimensions(born) else None
    made = maker(thing)
    if made is None or made.open or made.contexts or made.result is not thing or _moved(thing, run):
        return None
    if made.method == "cpu" and made.name.startswith(("?.", "torch.Tensor.")) and not made.positional:
        return made
    if "device" in made.keywords or "out" in made.keywords or any(run.called(*_MOVE_DEFAULT)):
        return None
    if made.name in _MAKERS:
        return made if all(isinstance(one, Value | ListObject | External | Unread) for one in made.positional) else None
    if made.name in _OF_DATA and made.positional and _numbers(made.positional[0]):
        return made
    return None


def _has_dimensions(made: Event) -> bool:
    """It is no single number: that may stand beside a tensor of a GPU."""
    sized = made.name in ("torch.zeros", "torch.ones", "torch.empty")
    sizes = [as_value(one) for one in made.positional]
    return sized and bool(sizes) and all(map(_is_count, sizes))


def _is_count(size: Value) -> bool:
    """A whole number, and no tuple of sizes, which may be empty."""
    return size.integer is not None or (size.is_unknown and all(symbol.whole for symbol in size.symbols()))


def _moved(thing: Thing | None, run: ScriptRun) -> bool:
    """It may be elsewhere by now: a call or an assignment to its `data` puts it on another device."""
    if isinstance(thing, Unread | Instance) and "data" in thing.attributes:
        return True
    return any(event.receiver is thing for event in run.effects(Effect.MOVES))


def _numbers(data: Thing) -> bool:
    """A number or a list of any."""
    return isinstance(data, ListObject) or (isinstance(data, Value) and data.known)
