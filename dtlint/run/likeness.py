"""Whether two processes hold the same: an object of one, held against its counterpart in the other."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from dtlint.facts.script import Attribute, FunctionDef, Name
from dtlint.facts.syntax import nodes_of
from dtlint.run.packages import HARMLESS
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
from dtlint.value import Kind, Reach, Value

DEEPEST: Final = 6
_OF_PROCESS: Final = (
    r"(?i)rank|world|worker|shard|replica|(?<![a-z])process(?!or|ing)|distributed|getpid|hostname|socket|uuid|"
    r"shuffle|permut|time\.|datetime|seed|environ|getenv|"
)
_ITS_OWN: Final = re.compile(_OF_PROCESS + "rand")
"""In the name of what may give each process something of its own."""
_ITS_OWN_SAMPLE: Final = re.compile(_OF_PROCESS + "randint|randrange|choice")
"""The same where one sample is read: what changes it at random leaves it the sample of its index."""
_READERS: Final = HARMLESS | {
    "datasets", "h5py", "lmdb", "zarr", "nibabel", "librosa", "soundfile", "transformers", "paddle",
}  # fmt: skip
"""Packages that read files, and do nothing else with them."""
_ITEM: Final = re.compile(r"\w+\(\)\[(\d+|'[^']*')\]")
"""What one item of a result is called that is told apart by its number or its name, as in
`inputs, targets = torch.load(path)` and `torch.load(path)["inputs"]`."""


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
                return _all(left.attributes, right.attributes, deep) or _of_one_code(left, right, deep)
            if left.value is not None and right.value is not None and left.made_by is right.made_by is None:
                return left.value.same(right.value)
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


def _of_one_code(left: Instance, right: Instance, deep: int) -> bool:
    """Made in one place of things that are alike, by code that asks nothing which differs between processes; what it
    reads from files is the same in all of them (presumption 5)."""
    mine, theirs = left.making, right.making
    if mine is None or theirs is None or mine.at != theirs.at or not isinstance(left.cls, ClassObject):
        return False
    given = _in_turn(mine.positional, theirs.positional, deep) and _all(mine.keywords, theirs.keywords, deep)
    if not given or any(one.asks or not all(map(_same_for_all, one.events)) for one in (mine, theirs)):
        return False
    if any(told.search(name) for cls in left.cls.ancestry() for told, name in _names_in(cls)):
        return False
    pairs = [(left.attributes[key], right.attributes.get(key)) for key in left.attributes]
    return left.attributes.keys() == right.attributes.keys() and all(
        alike(one, other, deep - 1) or _both_unknown(one, other) for one, other in pairs
    )


def _same_for_all(event: Event) -> bool:
    """It is a call of a package that is known, which gives all processes the same."""
    package = event.name.partition(".")[0]
    known_package = package in _READERS or package == "?" or "." not in event.name
    return known_package and _ITS_OWN.search(event.name) is None


def _names_in(cls: ClassObject) -> Iterator[tuple[re.Pattern[str], str]]:
    """What its code calls things, and what among that may give a process something of its own."""
    for statement in cls.definition.body:
        reads_one = isinstance(statement, FunctionDef) and statement.name == "__getitem__"
        for node in nodes_of((statement,)):
            if isinstance(node, Name | Attribute):
                yield (_ITS_OWN_SAMPLE if reads_one else _ITS_OWN), node.id if isinstance(node, Name) else node.name


def _both_unknown(left: Thing, right: Thing | None) -> bool:
    """Neither was read, and nothing says that they differ."""
    match left, right:
        case ListObject(), ListObject():
            return not (left.complete or right.complete or left.varies or right.varies)
        case DictObject(), DictObject():
            return not (left.complete or right.complete)
        case Iteration(), Iteration():
            pairs = zip(left.sources, right.sources, strict=False)
            return left.kind == right.kind and all(_both_unknown(one, other) for one, other in pairs)
        case Unread(), Unread():
            return left.origin == right.origin and Reach.PROCESS not in (left.content, right.content)
        case Value(), Value():
            drawn = any(symbol.kind is Kind.CHANCE for value in (left, right) for symbol in value.symbols())
            return left.is_unknown and right.is_unknown and not drawn and str(left) == str(right)
        case _:
            return False


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
