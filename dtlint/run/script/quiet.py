"""Functions of the script that surely do nothing but reckon, whoever calls them and however often."""

from __future__ import annotations

import builtins
import re
from collections.abc import Callable
from sys import stdlib_module_names
from typing import Final

from dtlint.facts.script import Assign, Attribute, AugAssign, Call, Expr, Name
from dtlint.facts.syntax import nodes_of
from dtlint.run.script.bystanders import BYSTANDERS
from dtlint.run.script.objects import (
    BoundMethod,
    Deferred,
    External,
    Frame,
    FunctionObject,
    ModuleObject,
    Partial,
    Thing,
)

HOME: Final = frozenset(("torch", "torchvision", "builtins")).union(BYSTANDERS, stdlib_module_names)
"""Packages whose calls meet no other process, but for torch's own for that."""
_ACTING: Final = ("os.environ", "os.put", "os.unset", "multiprocessing", "subprocess", "concurrent", "threading", "sys")
_PARTS_OF_TORCH: Final = ("torch.nn.functional.", "torch.nn.init.", "torch.linalg.", "torch.fft.")
_LAYERS: Final = re.compile(r"torch\.nn\.(?!DataParallel|SyncBatchNorm)\w+")
_ACTS_OF_TORCH: Final = re.compile(r"torch\.(load|save|seed|manual_seed|set_|use_|compile|initial)\w*")
_BUILTINS: Final = frozenset(dir(builtins)) - {
    *("__import__", "compile", "delattr", "eval", "exec", "exit", "getattr", "open", "quit", "setattr", "super"),
}
OF_DATA: Final = frozenset(
    name for kind in (str, bytes, list, dict, set, int, float) for name in dir(kind) if not name.startswith("_")
) - {"join"} | frozenset(
    (
        "abs", "all", "any", "argmax", "argsort", "bfloat16", "bool", "chunk", "clamp", "clone", "contiguous", "cpu",
        "detach", "dim", "double", "eq", "exp", "expand", "expand_as", "flatten", "float", "half", "item",
        "log", "long", "max", "mean", "min", "mul_", "ne", "norm", "numel", "numpy", "permute", "repeat",
        "reshape", "sigmoid", "size", "softmax", "sqrt", "squeeze", "std", "sum", "t", "tolist",
        "topk", "transpose", "type", "unsqueeze", "view", "zero_", "astype", "convert",
        "crop", "read", "readline", "readlines", "resize", "rotate",
    )
)  # fmt: skip
"""What texts, lists, dicts, numbers, tensors, pictures and open files can do: whatever object has such a method, no
processes meet in it."""
_DEEPEST: Final = 4

Load = Callable[[ModuleObject], None]
"""What runs a module of the workspace, unless that was done."""


def quiet(thing: Thing, load: Load, deep: int = _DEEPEST) -> bool:
    """Of each call within it is known what it calls, and that does nothing to processes, their GPUs or environment, nor
    to objects of the script."""
    match thing:
        case Partial(function=function):
            return quiet(function, load, deep)
        case BoundMethod(function=FunctionObject() as function):
            return quiet(function, load, deep)
        case FunctionObject() if deep:
            return all(_quiet_node(node, thing, load, deep) for node in nodes_of((thing.body, thing.result)))
        case _:
            return False


def _quiet_node(node: object, function: FunctionObject, load: Load, deep: int) -> bool:
    match node:
        case Call(func=callee):
            return _quiet_call(callee, function, load, deep)
        case Assign(targets=targets):
            return not any(isinstance(target, Attribute) for target in targets)
        case AugAssign(target=target):
            return not isinstance(target, Attribute)
        case Attribute(name=name):
            return name != "environ"
        case _:
            return True


def _quiet_call(callee: Expr, function: FunctionObject, load: Load, deep: int) -> bool:
    match callee:
        case Name(id=name):
            found = _named(name, function, load)
            return name in _BUILTINS if found is None else _quiet_thing(found, load, deep)
        case Attribute(value=Name(id=name), name=method):
            found = _named(name, function, load)
            if found is not None:
                return isinstance(found, External) and _at_home(f"{found.name}.{method}")
            if function.owner is not None and function.parameters and name == function.parameters[0].name:
                member = function.owner.lookup(method)
                return member is not None and _quiet_thing(member, load, deep)
            return method in OF_DATA
        case Attribute(value=value, name=method):
            outside = _dotted(value, function, load)
            return _at_home(f"{outside}.{method}") if outside else method in OF_DATA
        case _:
            return False


def _quiet_thing(thing: Thing, load: Load, deep: int) -> bool:
    return _at_home(thing.name) if isinstance(thing, External) else quiet(thing, load, deep - 1)


def _named(name: str, function: FunctionObject, load: Load) -> Thing | None:
    """What stands under a name outside of the function; None for a builtin, or what it is given or makes itself."""
    frame: Frame | None = function.outer
    found = function.module.names.get(name)
    if frame is not None and name in frame.names:
        found = frame.names[name]
    if isinstance(found, Deferred):
        load(found.module)
        found = found.module.names.get(found.name, found)
    return found


def _dotted(value: Expr, function: FunctionObject, load: Load) -> str:
    """The canonical name of `torch.nn.functional`, say; empty for what is no module from outside."""
    parts: list[str] = []
    while isinstance(value, Attribute):
        parts.append(value.name)
        value = value.value
    found = _named(value.id, function, load) if isinstance(value, Name) else None
    return ".".join((found.name, *reversed(parts))) if isinstance(found, External) else ""


def _at_home(name: str) -> bool:
    """It reckons, and no more."""
    package, _, rest = name.partition(".")
    if package == "torch":
        plain = "." not in rest and _ACTS_OF_TORCH.fullmatch(name) is None
        return plain or name.startswith(_PARTS_OF_TORCH) or _LAYERS.fullmatch(name) is not None
    return package in HOME and not name.startswith(_ACTING)
