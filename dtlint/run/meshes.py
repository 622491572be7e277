"""How many dimensions the array of devices has that a mesh of JAX is made of."""

from __future__ import annotations

from typing import Final

from dtlint.run.script.objects import ListObject, Thing, maker
from dtlint.value import Value

_FLAT: Final = ("jax.devices", "jax.local_devices")
_ARRAYS: Final = ("numpy.array", "numpy.asarray", "jax.numpy.array", "jax.numpy.asarray")
_SHAPED: Final = tuple(f"jax.experimental.mesh_utils.create_{kind}_mesh" for kind in ("device", "hybrid_device"))
_DEEPEST: Final = 8


def dimensions(thing: Thing | None, deep: int = _DEEPEST) -> int | None:
    """Of `jax.devices()`, arrays made of it and reshaped, and device meshes; None where it is not known."""
    made = maker(thing)
    if made is None or made.open or deep == 0:
        return None
    if made.name in _FLAT:
        return 1
    if made.name in _SHAPED:
        return count(made.thing("mesh_shape"))
    given = made.positional
    if made.name in _ARRAYS:
        return dimensions(given[0], deep - 1) if len(given) == 1 and not made.keywords else None
    if made.name == "numpy.reshape":
        return count(given[1]) if len(given) == 2 else None
    if made.method == "reshape" and given and not made.keywords and dimensions(made.receiver, deep - 1) is not None:
        return count(given[0]) if len(given) == 1 else len(given)
    if made.method in ("flatten", "ravel") and dimensions(made.receiver, deep - 1) is not None:
        return 1
    return None


def count(thing: Thing | None) -> int | None:
    """How many numbers or names it holds: a single one is one; None where it is not known."""
    if isinstance(thing, ListObject):
        return len(thing.items) if thing.complete and thing.kind in ("list", "tuple") else None
    return 1 if isinstance(thing, Value) and thing.known and thing.constant is not None else None
