"""What a script hands to processes that are spawned, and that cannot be pickled: a lambda.

Source: https://docs.python.org/3/library/pickle.html#what-can-be-pickled-and-unpickled (functions that stand at the top
level of a module, "using def, not lambda"); `start_processes` of torch/multiprocessing/spawn.py spawns unless it is
told otherwise, and that pickles function and arguments.
"""

from __future__ import annotations

from typing import Final

from dtlint.run.script.objects import ClassObject, DictObject, FunctionObject, Instance, ListObject, Thing
from dtlint.run.script.trace import Event

_STARTERS: Final = frozenset(("torch.multiprocessing.spawn", "torch.multiprocessing.start_processes"))
_PICKLED_AS_THEY_ARE: Final = frozenset(
    ("torch.utils.data.Dataset", "torch.utils.data.IterableDataset", "torch.nn.Module")
)
_OWN_WAY: Final = ("__getstate__", "__reduce__", "__reduce_ex__", "__getnewargs__", "__getattr__", "__getattribute__")


def lambda_handed(event: Event) -> FunctionObject | None:
    """The lambda among what the call pickles; None if there is none, or it cannot be told."""
    method = event.argument("start_method")
    if event.name not in _STARTERS or event.open or not (method.is_absent or method.string == "spawn"):
        return None
    for thing in (event.thing("fn"), event.thing("args")):
        found = _lambda(thing, 5) if thing is not None else None
        if found is not None:
            return found
    return None


def _lambda(thing: Thing, deep: int) -> FunctionObject | None:
    inner: tuple[Thing, ...] = ()
    match thing:
        case FunctionObject(result=result):
            return thing if result is not None else None
        case ListObject(items=items):
            inner = items
        case DictObject(entries=entries):
            inner = tuple(entries.values())
        # That the call has the object in its hands, as anything unread might, takes no attribute away.
        case Instance(cls=ClassObject() as cls) if _as_it_is(cls):
            inner = tuple(thing.attributes.values())
        case _:
            pass
    found = (_lambda(one, deep - 1) for one in inner if deep > 0)
    return next((one for one in found if one is not None), None)


def _as_it_is(cls: ClassObject) -> bool:
    """Objects of this class are pickled with all of their attributes."""
    return _PICKLED_AS_THEY_ARE.issuperset(cls.outside()) and all(cls.lookup(name) is None for name in _OWN_WAY)
