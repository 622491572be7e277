"""How many rows an array has that a script makes up, or loads as one of the data sets that come with Keras."""

from __future__ import annotations

from math import prod
from typing import Final

from dtlint.record import record
from dtlint.run.script.objects import DictObject, Instance, ListObject, Thing, Unread, as_value
from dtlint.run.script.trace import Event, ScriptRun
from dtlint.value import Value

_DATASETS: Final = {
    "mnist": ((60_000, 10_000), (28, 28)),
    "fashion_mnist": ((60_000, 10_000), (28, 28)),
    "cifar10": ((50_000, 10_000), (32, 32, 3)),
    "cifar100": ((50_000, 10_000), (32, 32, 3)),
}
"""Rows for training and for tests, and the shape of one of them (keras/src/datasets)."""
_LOADS: Final = {
    f"{keras}.datasets.{name}.load_data": name for keras in ("tensorflow.keras", "keras") for name in _DATASETS
}
_PARTS: Final = {"load_data()[0][0]": 0, "load_data()[1][0]": 1}
_SHAPED: Final = frozenset(
    (
        *(f"numpy.{name}" for name in ("zeros", "ones", "empty", "full", "random.random", "random.random_sample")),
        *(f"tensorflow.{name}" for name in ("zeros", "ones", "fill", "random.normal", "random.uniform")),
    )
)
"""They take the shape as one list, first."""
_DIMENSIONS: Final = frozenset(
    (
        *("numpy.random.rand", "numpy.random.randn"),
        *(f"torch.{name}" for name in ("zeros", "ones", "empty", "rand", "randn")),
    )
)
"""They take the dimensions one by one; those of torch as one list too."""
_TENSORS: Final = "torch.utils.data.TensorDataset"
_DEEPEST: Final = 12


@record
class _Array:
    rows: int
    shape: tuple[int, ...] | None
    """Of one row; None where it is not known."""


def rows_of(thing: Thing | None) -> int | None:
    """Rows of an array, or of the first of several that go together; None where that is not known."""
    found = _array(thing, _DEEPEST)
    return found.rows if found is not None else None


def counted(run: ScriptRun, value: Value) -> int | None:
    """The rows of the array whose `len` the value is, where they are known."""
    return next((rows_of(one.thing) for one in run.lengths if one.value.same(value)), None)


def _array(thing: Thing | None, deep: int) -> _Array | None:
    match thing:
        case ListObject(complete=True, kind="tuple", items=(first, *_)) if deep:
            return _array(first, deep - 1)
        case DictObject(complete=True) if thing.entries and deep:
            return _array(next(iter(thing.entries.values())), deep - 1)
        case Instance(cls=cls, made_by=Event(positional=(first, *_))) if cls == _TENSORS and deep:
            return _array(first, deep - 1)
        case Unread(operands=(first, other)) if deep and not thing.unseen:
            return _array(first, deep - 1) if as_value(other).known else None
        case Unread(made_by=Event() as made) if deep and not thing.unseen and not made.open:
            if made.result is thing:
                return _given(made, deep - 1)
            part = _PARTS.get(thing.origin)
            if part is not None and made.name in _LOADS:
                rows, shape = _DATASETS[_LOADS[made.name]]
                return _Array(rows[part], shape)
    return None


def _given(made: Event, deep: int) -> _Array | None:
    """What a call gives that makes an array, or leaves one its rows."""
    first = made.positional[0] if made.positional else None
    if made.name in _SHAPED and isinstance(first, ListObject):
        return _of_shape(_numbers(first.items) if first.complete else None)
    if made.name in _DIMENSIONS:
        listed = first.items if isinstance(first, ListObject) and first.complete else made.positional
        return _of_shape(_numbers(listed))
    if made.method == "astype":
        return _array(made.receiver, deep)
    if made.name in ("tensorflow.cast", "numpy.expand_dims", "tensorflow.expand_dims"):
        found = _array(first, deep)
        axis = made.given(1, "axis")
        behind = axis is not None and as_value(axis).integer == -1
        return found if made.method == "cast" or behind else None
    if made.method == "reshape" and made.name.startswith("?."):
        return _reshaped(_array(made.receiver, deep), made)
    return None


def _reshaped(array: _Array | None, made: Event) -> _Array | None:
    """`x.reshape(-1, 784)` leaves the rows what they are if a new row holds as much as an old one."""
    first = made.positional[0] if made.positional else None
    told = first.items if isinstance(first, ListObject) and first.complete else made.positional
    sizes = _numbers(told)
    if array is None or array.shape is None or sizes is None or prod(sizes[1:]) != prod(array.shape):
        return None
    return _Array(array.rows, tuple(sizes[1:])) if sizes[0] in (-1, array.rows) else None


def _of_shape(sizes: list[int] | None) -> _Array | None:
    return _Array(sizes[0], tuple(sizes[1:])) if sizes else None


def _numbers(things: tuple[Thing, ...]) -> list[int] | None:
    numbers = [as_value(thing).integer for thing in things]
    found = [number for number in numbers if number is not None]
    return found if len(found) == len(numbers) else None
