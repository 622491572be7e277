"""The names that Horovod's optimizer for torch is given for its parameters, held against those parameters.

`_DistributedOptimizer.__init__` in horovod/torch/optimizer.py (0.28) refuses what is no pair, a name that comes twice,
and names that leave out a parameter of the optimizer; names of further parameters are no mistake.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import combinations
from typing import Final

from dtlint.record import record
from dtlint.run.horovod_steps import parameters_listed
from dtlint.run.script.objects import ClassObject, DictObject, Instance, Iteration, ListObject, Thing, Unread, maker
from dtlint.run.script.trace import Event
from dtlint.run.wrapping import DEEPEST, has_weights

_LAYERS: Final = frozenset(
    f"torch.nn.{name}"
    for name in (
        "Bilinear", "Conv1d", "Conv2d", "Conv3d", "ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d", "Embedding",
        "Linear",
    )
)  # fmt: skip
"""Layers that have a parameter `weight`."""
_READY: Final = "torchvision.models."


@record(eq=False)
class Refusal:
    """What Horovod surely complains of in the names, and the call that made the module or optimizer it is about."""

    reason: str
    made: Event | None = None


def refusal(wrap: Event) -> Refusal | None:
    """None where Horovod takes the names, or where that is not known."""
    given = wrap.thing("named_parameters")
    if given is None or wrap.open:
        return None
    if parameters_listed(given) == "the generator parameters()":
        return Refusal("parameters() gives no names, only tensors")
    named = _modules(given, "named_parameters")
    if named is None or not all(map(_plain, named)):
        return None
    twice = min((name for one, other in combinations(named, 2) for name in _names(one) & _names(other)), default="")
    if twice:
        return Refusal(f"two parameters are named {twice}")
    inner = wrap.thing("optimizer")
    trained = _modules(inner.attributes.get("params"), "parameters") if isinstance(inner, Instance) else None
    for module in trained or ():
        if _plain(module) and _has_weights(module) and not any(_akin(module, one) for one in named):
            made = maker(module)
            return Refusal("parameters that the optimizer trains are not among them", made)
    return None


def _modules(thing: Thing | None, method: str) -> list[Thing] | None:
    """The modules all of whose parameters are given, and nothing else; None where that is not known."""
    match thing:
        case Iteration(kind="chain", sources=sources):
            return _together(sources, method)
        case ListObject() if thing.sources:
            return _together(thing.sources, method)
        case ListObject() if thing.complete and thing.items:
            groups = [item.entries.get("params") for item in thing.items if isinstance(item, DictObject)]
            return _together(groups, method) if len(groups) == len(thing.items) else None
        case Unread(made_by=Event() as made) if made.method == method and not made.positional and not made.keywords:
            return [made.receiver] if made.receiver is not None else None
        case _:
            return None


def _together(things: Iterable[Thing | None], method: str) -> list[Thing] | None:
    found: list[Thing] = []
    for thing in things:
        modules = _modules(thing, method)
        if modules is None:
            return None
        found += modules
    return found


def _plain(module: Thing) -> bool:
    """A module of which it is known what is in it: none that code which was not read had in its hands."""
    match module:
        case Instance(cls=str(name)):
            return name.startswith("torch.nn.") and not module.unseen and not {"weight", "bias"} & {*module.attributes}
        case Instance():
            return module.is_a("torch.nn.Module") and not module.unseen
        case Unread(made_by=Event() as made):
            return made.name.startswith(_READY) and not module.unseen and not made.objects
        case _:
            return False


def _has_weights(module: Thing) -> bool:
    return isinstance(module, Unread) or has_weights(module)


def _akin(one: Thing, other: Thing) -> bool:
    """One of them is the other, or holds it."""
    return any(part is other for part in _parts(one)) or any(part is one for part in _parts(other))


def _parts(module: Thing, deep: int = DEEPEST) -> Iterator[Thing]:
    yield module
    for _, part in _held(module) if deep else ():
        yield from _parts(part, deep - 1)


def _held(module: Thing) -> Iterator[tuple[str, Thing]]:
    """What a module holds, by name."""
    match module:
        case Instance(cls=str()):
            made = module.made_by
            yield from ((str(place), thing) for place, thing in enumerate(made.positional if made is not None else ()))
        case Instance(cls=ClassObject()):
            yield from module.attributes.items()
        case ListObject():
            yield from ((str(place), thing) for place, thing in enumerate(module.items))
        case DictObject():
            yield from ((str(name), thing) for name, thing in module.entries.items())
        case _:
            pass


def _names(module: Thing, deep: int = DEEPEST) -> set[str]:
    """Names that parameters of the module surely have."""
    if isinstance(module, Instance) and module.cls in _LAYERS:
        return {"weight"}
    if (
        not deep
        or not isinstance(module, Instance)
        or not (module.cls == "torch.nn.Sequential" or module.is_a("torch.nn.Module"))
    ):
        return set()
    parts = [(name, part) for name, part in _held(module) if isinstance(part, Instance)]
    return {f"{name}.{inner}" for name, part in parts for inner in _names(part, deep - 1)}
