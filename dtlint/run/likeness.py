"""Whether two processes hold the same: an object of one, held against its counterpart in the other."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from dtlint.run.script.objects import (
    ClassObject,
    DictObject,
    External,
    FunctionObject,
    Instance,
    Iteration,
    ListObject,
    RangeObject,
    Thing,
    Unread,
)
from dtlint.run.script.trace import Event
from dtlint.value import Value

DEEPEST = 6
_ITEM = re.compile(r"\w+\(\)\[\d+\]")
"""What one item of a result is called that is told apart by its number, as in `inputs, targets = torch.load(path)`."""


def alike(left: Thing | None, right: Thing | None, deep: int = DEEPEST) -> bool:
    """Surely made in the same way from the same values; False where that is not known."""
    if deep == 0:
        return False
    match left, right:
        case (None, None):
            return True
        case Value(), Value():
            return left.same(right)
        case Instance(), Instance():
            if left.unseen or right.unseen or _class(left.cls) != _class(right.cls):
                return False
            if isinstance(left.cls, ClassObject):
                return _all(left.attributes, right.attributes, deep)
            return _made_alike(left.made_by, right.made_by, deep)
        case Unread(made_by=Event() as mine), Unread(made_by=Event() as theirs):
            # A slice or an item of a result names the same call; which one it is may differ, unless it is a number.
            whole = mine.result is left and theirs.result is right
            part = left.origin == right.origin and _ITEM.fullmatch(left.origin) is not None
            return (whole or part) and _made_alike(mine, theirs, deep)
        case ListObject(), ListObject():
            return left.complete and right.complete and _in_turn(left.items, right.items, deep)
        case Iteration(), Iteration():
            return left.kind == right.kind and _in_turn(left.sources, right.sources, deep)
        case DictObject(), DictObject():
            return left.complete and right.complete and _all(left.entries, right.entries, deep)
        case RangeObject(), RangeObject():
            return left.start.same(right.start) and left.stop.same(right.stop) and left.step.same(right.step)
        case FunctionObject(), FunctionObject():
            return left.at == right.at
        case External(), External():
            return left.name == right.name
        case _:
            return False


def of_one_making(left: Thing | None, right: Thing | None) -> bool:
    """Alike, or the same part of results of one call that was made in the same way: `random_split(…)[0]`."""
    if isinstance(left, Unread) and isinstance(right, Unread) and left.origin == right.origin:
        return _made_alike(left.made_by, right.made_by, DEEPEST)
    return left is not None and alike(left, right)


def _class(cls: ClassObject | str) -> object:
    return cls if isinstance(cls, str) else cls.definition.name_at


def _made_alike(left: Event | None, right: Event | None, deep: int) -> bool:
    if left is None or right is None or left.name != right.name or left.at != right.at or left.open or right.open:
        return False
    receivers = alike(left.receiver, right.receiver, deep - 1)
    return receivers and _in_turn(left.positional, right.positional, deep) and _all(left.keywords, right.keywords, deep)


def _in_turn(left: tuple[Thing, ...], right: tuple[Thing, ...], deep: int) -> bool:
    return len(left) == len(right) and all(alike(a, b, deep - 1) for a, b in zip(left, right, strict=True))


def _all(left: Mapping[Any, Thing], right: Mapping[Any, Thing], deep: int) -> bool:
    return left.keys() == right.keys() and all(alike(left[key], right[key], deep - 1) for key in left)
