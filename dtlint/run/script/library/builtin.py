"""Python's built-in functions, `math`, `copy` and `functools`."""

from __future__ import annotations

import collections.abc
import math
import numbers
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from dtlint.run.script.call import Arguments
from dtlint.run.script.flows import facets
from dtlint.run.script.heap import join_things
from dtlint.run.script.library.configs import config_of
from dtlint.run.script.library.containers import overridden
from dtlint.run.script.library.handler import Function
from dtlint.run.script.objects import (
    BoundMethod,
    ClassObject,
    DictObject,
    External,
    FunctionObject,
    Instance,
    Iteration,
    ListObject,
    ModuleObject,
    Object,
    Partial,
    RangeObject,
    Thing,
    Unread,
    as_value,
    describe,
    listing,
    mapping,
)
from dtlint.run.script.operators import LONGEST, derived
from dtlint.run.script.state import Raised
from dtlint.run.script.trace import Length
from dtlint.value import Const, Reach, Value, known, unknown

if TYPE_CHECKING:
    from dtlint.run.script.apply import Caller

_TYPES: Final[dict[str, type]] = {
    **{one.__name__: one for one in (bool, bytes, dict, float, frozenset, int, list, object, set, str, tuple)},
    **{f"collections.abc.{name}": getattr(collections.abc, name) for name in collections.abc.__all__},
    **{f"typing.{name}": getattr(collections.abc, name) for name in ("Iterable", "Mapping", "Sequence")},
    **{f"numbers.{name}": getattr(numbers, name) for name in ("Integral", "Number", "Real")},
}
"""Types that a constant is asked for; it belongs to no class of another name with a dot in it."""
MANY: Final = 4096


def _first(machine: Caller, call: Arguments) -> Value | None:
    found = call.get(0)
    return None if found is None else as_value(found)


def _int(machine: Caller, call: Arguments) -> Thing | None:
    value = _first(machine, call)
    if value is None:
        return known(0)
    if len(call.positional) > 1 or call.keywords:
        return derived("int", value)
    if value.known:
        constant = value.constant
        try:
            return Value(Const(int(constant)), value.trail)  # type: ignore[arg-type]
        except (ValueError, TypeError, OverflowError) as error:
            machine.read_as_number(value, call.at, fails=True)
            raise Raised(type(error).__name__) from None
    machine.read_as_number(value, call.at)
    return value.as_int()


def _float(machine: Caller, call: Arguments) -> Thing | None:
    value = _first(machine, call)
    if value is None:
        return known(0.0)
    if value.known:
        try:
            return Value(Const(float(value.constant)), value.trail)  # type: ignore[arg-type]
        except (ValueError, TypeError) as error:
            raise Raised(type(error).__name__) from None
    return value.as_float()


def _str(machine: Caller, call: Arguments) -> Thing | None:
    return known("") if not call.positional else machine.printed(call.positional[0], call.at)


def _bool(machine: Caller, call: Arguments) -> Thing | None:
    if not call.positional:
        return known(False)
    return machine.negate(machine.negate(call.positional[0]))


def _format(machine: Caller, call: Arguments) -> Thing | None:
    if not call.positional:
        return None
    thing = machine.settle(call.positional[0])
    if len(call.positional) == 1 or (isinstance(thing, Instance) and isinstance(thing.cls, ClassObject)):
        return machine.printed(thing, call.at, ("__format__", "__str__", "__repr__"))
    value = as_value(thing)
    spec = as_value(call.positional[1])
    if value.known and spec.string is not None:
        if len(spec.string) > 8:
            return derived("format", value)
        try:
            shown = format(value.constant, spec.string)
        except (ValueError, TypeError) as error:
            raise Raised(type(error).__name__) from None
        return Value(Const(shown), value.trail) if len(shown) <= LONGEST else derived("format", value)
    return derived("format", value, spec)


def _repr(machine: Caller, call: Arguments) -> Thing | None:
    thing = machine.settle(call.positional[0]) if call.positional else None
    if isinstance(thing, Instance) and isinstance(thing.cls, ClassObject):
        return machine.printed(thing, call.at, ("__repr__",))
    value = _first(machine, call)
    if value is not None and value.known:
        return Value(Const(repr(value.constant)), value.trail)
    return None if value is None else derived("repr", value)


def _len(machine: Caller, call: Arguments) -> Thing | None:
    if not call.positional:
        return None
    thing = machine.settle(call.positional[0])
    method = thing.cls.lookup("__len__") if isinstance(thing, Instance) and isinstance(thing.cls, ClassObject) else None
    if isinstance(method, FunctionObject):
        result = machine.call(BoundMethod(thing, method), Arguments(call.at, call.func_at))
    else:
        result = machine.count_of(thing)
    if isinstance(thing, Instance | Unread):
        machine.run.lengths.append(Length(thing, as_value(result)))
    return result


def _range(machine: Caller, call: Arguments) -> Thing | None:
    bounds = [as_value(thing) for thing in call.positional]
    if not bounds or call.open:
        return machine.anything("a range", call.at)
    if len(bounds) == 1:
        bounds = [known(0), bounds[0]]
    step = bounds[2] if len(bounds) > 2 else known(1)
    if step.integer == 0:
        raise Raised("ValueError")
    return RangeObject(bounds[0], bounds[1], step)


def _enumerate(machine: Caller, call: Arguments) -> Thing | None:
    if not call.positional:
        return None
    source = machine.settle(call.positional[0])
    start = as_value(call.given(1, "start", known(0)))
    items = machine.items_of(source, MANY)
    if items is None:
        return Iteration("enumerate", (source,))
    pairs = [listing("tuple", (start + number, item)) for number, item in enumerate(items)]
    return listing("list", tuple(pairs))


def _zip(machine: Caller, call: Arguments) -> Thing | None:
    columns = [machine.items_of(thing, MANY) for thing in call.positional]
    if call.open or any(column is None for column in columns):
        return Iteration("zip", call.positional)
    rows = zip(*[column for column in columns if column is not None], strict=False)
    return listing("list", tuple([listing("tuple", tuple(row)) for row in rows]))


def _reversed(machine: Caller, call: Arguments) -> Thing | None:
    items = machine.items_of(call.positional[0], MANY) if call.positional else None
    return listing("list", tuple(reversed(items))) if items is not None else None


def _sorted(machine: Caller, call: Arguments) -> Thing | None:
    if not call.positional or call.keywords:
        return listing("list", (), False) if call.positional else None
    items = machine.items_of(call.positional[0], MANY)
    if items is None:
        return Iteration("sorted", call.positional[:1])
    constants = [item.constant for item in items if isinstance(item, Value) and item.known]
    if len(constants) != len(items):
        return listing("list", (), False)
    try:
        ordered = sorted(zip(constants, items, strict=True), key=lambda pair: pair[0])  # type: ignore[arg-type,return-value]
    except TypeError:
        raise Raised("TypeError") from None
    return listing("list", tuple([item for _, item in ordered]))


def _extreme(choose: Callable[..., Any], name: str) -> Function:
    def extreme(machine: Caller, call: Arguments) -> Thing | None:
        things = call.positional
        if len(things) == 1:
            inner = machine.items_of(things[0], MANY)
            if inner is None:
                return derived(name, as_value(things[0]))
            things = inner
        values = [as_value(thing) for thing in things]
        if call.keywords or call.open or not values:
            return machine.anything(name, call.at)
        if all(value.known for value in values):
            try:
                best = choose([value.constant for value in values])
            except TypeError:
                raise Raised("TypeError") from None
            return next(value for value in values if value.constant is best or value.constant == best)
        return derived(name, *values)

    return extreme


def _sum(machine: Caller, call: Arguments) -> Thing | None:
    items = machine.items_of(call.positional[0], MANY) if call.positional else None
    if items is None or len(call.positional) > 1:
        held = facets(machine.settle(call.positional[0])) if len(call.positional) == 1 else None
        if held is not None and held.content is Reach.PROCESS:
            return Unread("a sum", Reach.PROCESS, held.trail, extent=Reach.UNIFORM, scalar=True)
        return machine.anything("a sum", call.at)
    total: Thing = known(0)
    for item in items:
        total = machine.operate("+", total, item, call.at)
    return total


def _abs(machine: Caller, call: Arguments) -> Thing | None:
    value = _first(machine, call)
    if value is not None and value.known and isinstance(value.constant, int | float):
        return Value(Const(abs(value.constant)), value.trail)
    return None if value is None else derived("abs", value)


def _round(machine: Caller, call: Arguments) -> Thing | None:
    values = [as_value(thing) for thing in call.positional]
    if values and all(value.known and isinstance(value.constant, int | float) for value in values):
        try:
            number, *digits = [value.constant for value in values]
            return Value(Const(round(number, *digits)), values[0].trail)  # type: ignore[arg-type]
        except (TypeError, ValueError, OverflowError) as error:
            raise Raised(type(error).__name__) from None
    return derived("round", *values) if values else None


def _rounded(function: Callable[[float], int], name: str) -> Function:
    def rounded(machine: Caller, call: Arguments) -> Thing | None:
        value = _first(machine, call)
        if value is not None and value.known and isinstance(value.constant, int | float):
            try:
                return Value(Const(function(value.constant)), value.trail)
            except (ValueError, OverflowError) as error:
                raise Raised(type(error).__name__) from None
        return None if value is None else derived(name, value)

    return rounded


def _quantified(all_of: bool) -> Function:
    def quantified(machine: Caller, call: Arguments) -> Thing | None:
        items = machine.items_of(call.positional[0], MANY) if call.positional else None
        if items is None:
            return machine.anything("any of them", call.at, low=0, high=1, whole=True)
        undecided = False
        for item in items:
            decided = machine.decide(item)
            if decided is not None and decided != all_of:
                return known(decided)
            undecided = undecided or decided is None
        if undecided:
            return machine.anything("any of them", call.at, low=0, high=1, whole=True)
        return known(all_of)

    return quantified


def _isinstance(machine: Caller, call: Arguments) -> Thing | None:
    if len(call.positional) != 2:
        return None
    thing, wanted = (machine.settle(one) for one in call.positional)
    classes = list(wanted.items) if isinstance(wanted, ListObject) else [wanted]
    verdicts = [_belongs(thing, cls) for cls in classes]
    if True in verdicts:
        return known(True)
    if all(verdict is False for verdict in verdicts):
        return known(False)
    return unknown(
        f"isinstance({describe(thing)}, …)",
        key=("isinstance", thing.serial if isinstance(thing, Object) else object(), call.at),
        low=0,
        high=1,
        whole=True,
    )


def _belongs(thing: Thing, cls: Thing) -> bool | None:
    name = cls.name if isinstance(cls, External) else ""
    if isinstance(thing, Value) and thing.known and name:
        wanted = _TYPES.get(name)
        return isinstance(thing.constant, wanted) if wanted is not None else False if "." in name else None
    if isinstance(thing, DictObject) and thing.cls != "dict" and name:
        # OmegaConf's and ml_collections' are no dicts, the others derive from it.
        return name == thing.cls or (name == "dict" and thing.cls not in ("omegaconf.DictConfig",
                                                                          "ml_collections.ConfigDict"))  # fmt: skip
    if isinstance(thing, ListObject | DictObject) and name:
        kind = thing.kind if isinstance(thing, ListObject) else "dict"
        if name in _TYPES and kind in _TYPES and issubclass(_TYPES[kind], _TYPES[name]):
            return True
        return False if name in ("list", "tuple", "dict", "set", "str", "int") else None
    if isinstance(thing, Instance):
        if isinstance(cls, ClassObject):
            return isinstance(thing.cls, ClassObject) and any(one is cls for one in thing.cls.ancestry())
        if name and name in thing.class_names:
            return True
        if name in _PLAIN:
            return False
        if isinstance(thing.cls, str) and name in _DISTINCT and thing.cls in _DISTINCT:
            return False
        if name in _WRAPPERS and not thing.prepared and thing.class_names:
            # A layer of torch, or a model of the script's own: no framework has wrapped it.
            return None if any(not own.startswith("torch.nn.") for own in thing.class_names) else False
    if isinstance(thing, ClassObject | FunctionObject) and name in _PLAIN:
        return False  # a class or a function is handed over itself, as in `using(Backend)` beside `using("backend")`
    return None


_PLAIN: Final = frozenset(("str", "int", "float", "list", "dict", "tuple", "bool"))
"""Built-in types to which no object of the script belongs."""


_WRAPPERS: Final = frozenset(
    (
        "torch.nn.parallel.DistributedDataParallel",
        "torch.nn.DataParallel",
        "torch.distributed.fsdp.FullyShardedDataParallel",
    )
)
_DISTINCT: Final = _WRAPPERS.union(
    (
        "torch.utils.data.distributed.DistributedSampler",
        "torch.utils.data.RandomSampler",
        "torch.utils.data.SequentialSampler",
        "torch.utils.data.DataLoader",
        "torch.device",
    )
)


def _hasattr(machine: Caller, call: Arguments) -> Thing | None:
    if len(call.positional) != 2:
        return None
    thing, name = machine.settle(call.positional[0]), as_value(call.positional[1]).string
    if name is not None:
        if isinstance(thing, Instance):
            if name in thing.attributes:
                return known(True)
            if isinstance(thing.cls, ClassObject) and thing.cls.lookup(name) is not None:
                return known(True)
            if thing.complete and not thing.unseen and (thing.cls == "argparse.Namespace" or not thing.class_names):
                return known(False)
        if isinstance(thing, ModuleObject) and name in thing.names:
            return known(True)
        if isinstance(thing, DictObject) and thing.cls != "dict":
            if name in thing.entries:
                return known(True)
            if thing.complete and not thing.unseen:
                return known(False)
        if isinstance(thing, External):
            # A framework is presumed to have what a script looks for.
            return known(True)
        if isinstance(thing, Value) and thing.known:
            return known(hasattr(thing.constant, name))
    return unknown(
        f"hasattr(…, {name})",
        key=("hasattr", thing.serial if isinstance(thing, Object) else object(), name),
        low=0,
        high=1,
        whole=True,
    )


def _getattr(machine: Caller, call: Arguments) -> Thing | None:
    if len(call.positional) < 2:
        return None
    thing, name = machine.settle(call.positional[0]), as_value(call.positional[1]).string
    if name is None:
        return Unread(f"an attribute of {describe(thing)}")
    if len(call.positional) > 2:
        present = _hasattr(machine, Arguments(call.at, call.func_at, call.positional[:2]))
        if isinstance(present, Value) and present.known:
            return machine.attribute(thing, name, call.at) if present.constant else call.positional[2]
        machine.wavering += 1
        try:
            return join_things(machine.attribute(thing, name, call.at), call.positional[2], object())
        finally:
            machine.wavering -= 1
    return machine.attribute(thing, name, call.at)


def _setattr(machine: Caller, call: Arguments) -> Thing | None:
    if len(call.positional) == 3:
        thing, name = machine.settle(call.positional[0]), as_value(call.positional[1]).string
        if isinstance(thing, Instance | Unread):
            if name is None:
                # Any of its attributes may be meant.
                for attribute, held in list(thing.attributes.items()):
                    machine.heap.store(thing.attributes, attribute, overridden(machine, held, attribute, call))
                if isinstance(thing, Instance):
                    thing.complete = False
            else:
                machine.heap.store(thing.attributes, name, call.positional[2])
    return known(None)


def _map(machine: Caller, call: Arguments) -> Thing | None:
    if len(call.positional) != 2:
        return None
    function, source = call.positional
    items = machine.items_of(source, 128)
    if items is None:
        machine.call(function, Arguments(call.at, call.func_at, (machine.element_of(source, call.at),)))
        return listing("list", (), False)
    results = [machine.call(function, Arguments(call.at, call.func_at, (item,))) for item in items]
    return listing("list", tuple(results))


def _iter(machine: Caller, call: Arguments) -> Thing | None:
    return Iteration("iter", call.positional[:1]) if call.positional else None


def _next(machine: Caller, call: Arguments) -> Thing | None:
    if not call.positional:
        return None
    # A loop that asks for its batches one by one goes over their loader as well (`epochs.fed`).
    machine.record("next", call.at, call.func_at, call.positional, call.keywords, call.open, None, call.places)
    return machine.element_of(call.positional[0], call.at)


def _type(machine: Caller, call: Arguments) -> Thing | None:
    thing = machine.settle(call.positional[0]) if len(call.positional) == 1 else None
    if isinstance(thing, Instance):
        return thing.cls if isinstance(thing.cls, ClassObject) else machine.external(thing.cls)
    if isinstance(thing, Value) and thing.known and thing.constant is not None:
        return machine.external(type(thing.constant).__name__)
    return Unread("a type")


def _print(machine: Caller, call: Arguments) -> Thing | None:
    for thing in call.positional:
        machine.printed(thing, call.at)
    machine.record("print", call.at, call.func_at, call.positional, call.keywords, call.open, None, call.places)
    return known(None)


def _copy(machine: Caller, call: Arguments) -> Thing | None:
    thing = machine.settle(call.positional[0]) if call.positional else None
    match thing:
        case ListObject():
            return listing(thing.kind, thing.items, thing.complete, thing.trail)
        case DictObject():
            copied = mapping(dict(thing.entries), thing.complete, thing.trail)
            return copied if thing.cls == "dict" else config_of(copied, thing.cls)
        case Instance():
            return Instance(thing.cls, dict(thing.attributes), thing.made_by, thing.complete, thing.value)
        case _:
            return thing


def _deepcopy(machine: Caller, call: Arguments) -> Thing | None:
    # Not everything can be copied so.
    machine.record("copy.deepcopy", call.at, call.func_at, call.positional, call.keywords, call.open, None, call.places)
    return _copy(machine, call)


def _partial(machine: Caller, call: Arguments) -> Thing | None:
    if not call.positional:
        return None
    return Partial(call.positional[0], call.positional[1:], dict(call.keywords))


def _identity_decorator(machine: Caller, call: Arguments) -> Thing | None:
    return machine.external("decorator:same")


def _same(machine: Caller, call: Arguments) -> Thing | None:
    return call.positional[0] if call.positional else None


def _callable(machine: Caller, call: Arguments) -> Thing | None:
    thing = machine.settle(call.positional[0]) if call.positional else None
    if isinstance(thing, FunctionObject | BoundMethod | ClassObject | Partial):
        return known(True)
    if isinstance(thing, Value) and thing.known:
        return known(False)
    return machine.anything("whether it can be called", call.at, low=0, high=1, whole=True)


def _import_module(machine: Caller, call: Arguments) -> Thing | None:
    """`importlib.import_module("package.module")`."""
    name = as_value(call.given(0, "name")).string
    return machine.imported(name) if name and not name.startswith(".") else None


def _function(machine: Caller, call: Arguments) -> Thing | None:
    """A wrapper of a function that calls it as it is called."""
    given = call.get(0)
    return given if isinstance(given, FunctionObject | BoundMethod) else None


def _property(machine: Caller, call: Arguments) -> Thing | None:
    """`rank = property(lambda self: …)` in the body of a class."""
    given = call.given(0, "fget")
    setter = call.given(1, "fset")
    if not isinstance(given, FunctionObject):
        return None
    return replace(given, property_=True, setter=setter if isinstance(setter, FunctionObject) else None)


def _cast(machine: Caller, call: Arguments) -> Thing | None:
    return call.get(1)


FUNCTIONS: Final[dict[str, Function]] = {
    "int": _int, "float": _float, "str": _str, "bool": _bool, "format": _format, "repr": _repr, "len": _len,
    "range": _range, "enumerate": _enumerate, "zip": _zip, "reversed": _reversed, "sorted": _sorted,
    "min": _extreme(min, "min"), "max": _extreme(max, "max"), "sum": _sum, "abs": _abs, "round": _round,
    "any": _quantified(False), "all": _quantified(True), "isinstance": _isinstance, "hasattr": _hasattr,
    "getattr": _getattr, "setattr": _setattr, "map": _map, "iter": _iter, "next": _next, "type": _type,
    "print": _print, "callable": _callable, "math.ceil": _rounded(math.ceil, "ceil"),
    "math.floor": _rounded(math.floor, "floor"), "copy.copy": _copy, "copy.deepcopy": _deepcopy,
    "functools.partial": _partial, "functools.wraps": _identity_decorator, "decorator:same": _same,
    "property": _property, "functools.lru_cache": _same, "functools.cache": _same, "typing.cast": _cast,
    "importlib.import_module": _import_module, "torch.no_grad": _function, "torch.inference_mode": _function,
    "jax.jit": _function, "flax.nnx.jit": _function, "equinox.filter_jit": _function,
    "torch.jit.script": _function, "torch.distributed.elastic.multiprocessing.errors.record": _function,
}  # fmt: skip
