"""JAX's trees: `jax.tree.map` calls its function once for each leaf (jax/_src/tree_util.py)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dtlint.run.script.call import Arguments
from dtlint.run.script.library.handler import Function
from dtlint.run.script.objects import (
    BoundMethod,
    DictObject,
    External,
    FunctionObject,
    ListObject,
    Partial,
    Thing,
    listing,
    mapping,
)
from dtlint.value import Scalar, known

if TYPE_CHECKING:
    from dtlint.run.script.apply import Caller

_DEEPEST: Final = 4
_MOST_LEAVES: Final = 32
_OPTIONS: Final = frozenset(("is_leaf",))


def _map(machine: Caller, call: Arguments) -> Thing | None:
    """The tree of what the function gives; what is no list and no dict is a leaf, or a tree in which all are alike."""
    function, *trees = map(machine.settle, call.positional)
    called = isinstance(function, FunctionObject | BoundMethod | Partial | External)
    if not called or not trees or call.open or call.keywords.keys() & _OPTIONS:
        return None
    if _leaves(machine, trees[0], _DEEPEST) > _MOST_LEAVES:
        return None
    return _mapped(machine, function, trees, call, _DEEPEST)


def _mapped(machine: Caller, function: Thing, trees: list[Thing], call: Arguments, deep: int) -> Thing:
    first = trees[0]
    if deep and isinstance(first, ListObject) and first.complete:
        items = [
            _mapped(machine, function, [_part(machine, tree, index, call) for tree in trees], call, deep - 1)
            for index in range(len(first.items))
        ]
        return listing(first.kind, tuple(items))
    if deep and isinstance(first, DictObject) and first.complete:
        entries = {
            key: _mapped(machine, function, [_part(machine, tree, key, call) for tree in trees], call, deep - 1)
            for key in first.entries
        }
        return mapping(entries)
    return machine.call(function, Arguments(call.at, call.func_at, tuple(trees)))


def _part(machine: Caller, tree: Thing, key: Scalar, call: Arguments) -> Thing:
    return machine.settle(machine.item(tree, known(key), call.at))


def _leaves(machine: Caller, tree: Thing, deep: int) -> int:
    held = tree.items if isinstance(tree, ListObject) else ()
    if isinstance(tree, DictObject):
        held = tuple(tree.entries.values())
    return sum(_leaves(machine, machine.settle(one), deep - 1) for one in held) if held and deep else 1


FUNCTIONS: Final[dict[str, Function]] = dict.fromkeys(
    ("jax.tree.map", "jax.tree_util.tree_map", "jax.tree_map", "jax.tree_multimap"), _map
)
