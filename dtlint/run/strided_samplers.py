"""Batch samplers of a script's own that give each process every n-th of their batches, as many as there are.

`DistributedSampler` pads to equal lengths, or leaves out what is over (`total_size` of
torch/utils/data/distributed.py).  To do so a sampler has to reckon with the number of processes: one that has this
number in its stride alone does not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from dtlint.facts.script import (
    Assign,
    Attribute,
    Call,
    Constant,
    Expr,
    FunctionDef,
    Name,
    Operation,
    Return,
    Slice,
    Subscript,
    While,
)
from dtlint.facts.script import Sequence as List
from dtlint.facts.syntax import nodes_of
from dtlint.run.script.objects import ClassObject, Instance, ListObject, RangeObject, Thing, Unread, as_value
from dtlint.run.script.trace import Event
from dtlint.source import Span

_BASES: Final = ((), ("torch.utils.data.Sampler",), ("torch.utils.data.BatchSampler",))
_MADE_UP: Final = frozenset(
    f"torch.{name}" for name in ("arange", "empty", "full", "ones", "rand", "randint", "randn", "zeros")
)
"""Tensors as long as the script says: so may be the number of their batches, and go well."""
_DEEPEST: Final = 4
_EVENS_OUT: Final = re.compile(r"pad|even|equal|repeat|cycle|truncat|trim|infinite", re.IGNORECASE)


def uneven_sampler(mine: Instance, theirs: Instance) -> Span | None:
    """Where the sampler of two processes' loaders takes the part of each, if it surely begins at different places and
    nothing makes the parts equally long."""
    left, right = _sampler(mine), _sampler(theirs)
    cls = left.cls if left is not None else None
    if left is None or right is None or not isinstance(cls, ClassObject) or left.class_names not in _BASES:
        return None
    if not isinstance(right.cls, ClassObject) or right.cls.definition.at != cls.definition.at:
        return None
    nodes = list(_but_length(cls))
    strides = [node for node in nodes if isinstance(node, Subscript) and _stride(node) is not None]
    if len(strides) != 1 or any(isinstance(node, While) or _asks_own_length(node) for node in nodes):
        return None
    if any(_EVENS_OUT.search(_word(node)) for node in nodes):
        return None
    first, step = _stride(strides[0]) or ("", "")
    starts = _number(left, first), _number(right, first)
    if None in starts or starts[0] == starts[1] or _reckons_with(step, nodes, strides[0]):
        return None
    return strides[0].at


def _number(sampler: Instance, name: str) -> int | None:
    thing = sampler.attributes.get(name)
    return as_value(thing).integer if thing is not None else None


def _sampler(loader: Instance) -> Instance | None:
    made = loader.made_by
    given = made.thing("batch_sampler") if made is not None else None
    if not isinstance(given, Instance) or given.unseen:
        return None
    return None if any(_of_known_length(thing, _DEEPEST) for thing in given.attributes.values()) else given


def _of_known_length(thing: Thing | None, deep: int) -> bool:
    """How many samples there are stands in the script, or may do so."""
    match thing:
        case _ if deep == 0:
            return True
        case ListObject():
            return thing.complete
        case RangeObject():
            return thing.stop.known
        case Unread(made_by=Event() as made):
            return made.name in _MADE_UP
        case Instance(cls=ClassObject() as cls):
            returned = [node.value for node in _length_of(cls) if isinstance(node, Return)]
            return any(_told(value, thing, deep - 1) for value in returned)
        case Instance(made_by=Event() as made):
            return any(_of_known_length(part, deep - 1) for part in (*made.positional, *made.keywords.values()))
        case _:
            return False


def _told(value: Expr | None, owner: Instance, deep: int) -> bool:
    """What `__len__` returns: a number, an attribute that is one, or the length of an attribute."""
    match value:
        case Constant():
            return True
        case Attribute(value=Name(), name=name):
            return _number(owner, name) is not None
        case Call(func=Name(id="len"), args=(Attribute(value=Name(), name=name),)):
            return _of_known_length(owner.attributes.get(name), deep)
        case _:
            return False


def _length_of(cls: ClassObject) -> Iterator[object]:
    for part in cls.ancestry():
        for node in part.definition.body:
            if isinstance(node, FunctionDef) and node.name == "__len__":
                yield from nodes_of(node)


def _but_length(cls: ClassObject) -> Iterator[object]:
    """The syntax of the class without `__len__`, which the loop over a loader does not ask."""
    for part in cls.ancestry():
        for node in part.definition.body:
            if not (isinstance(node, FunctionDef) and node.name == "__len__"):
                yield from nodes_of(node)


def _stride(node: Subscript) -> tuple[str, str] | None:
    """`batches[self.rank :: self.world]`: the attributes with the first number and the step."""
    match node.index:
        case Slice(low=Attribute(value=Name(), name=low), high=None, step=Attribute(value=Name(), name=step)):
            return low, step
        case _:
            return None


def _asks_own_length(node: object) -> bool:
    match node:
        case Call(func=Name(id="len"), args=(Name(id="self"),)):
            return True
        case _:
            return False


def _reckons_with(name: str, nodes: Sequence[object], stride: Subscript) -> bool:
    """The number of processes, which this attribute holds, is reckoned with or handed on outside the stride."""
    names = {name}
    assigned = [node for node in nodes if isinstance(node, Assign)]
    for _ in assigned:
        for node in assigned:
            for target, value in _pairs(node):
                if _word(target) in names:
                    names |= {word for part in nodes_of(value) if (word := _word(part))}
    own = {id(part) for part in nodes_of(stride.index)}
    used = (part for node in nodes for one in _used(node, stride) for part in nodes_of(one) if id(part) not in own)
    return any(_word(part) in names for part in used)


def _pairs(node: Assign) -> Iterator[tuple[Expr, Expr | None]]:
    """`self.rank, self.size = rank, size` is two."""
    for target in node.targets:
        match target, node.value:
            case List(items=left), List(items=right) if len(left) == len(right):
                yield from zip(left, right, strict=True)
            case _:
                yield target, node.value


def _used(node: object, stride: Subscript) -> tuple[object, ...]:
    match node:
        case Operation(operands=operands):
            return operands
        case Call(args=args, keywords=keywords):
            return (*args, *keywords)
        case Subscript(index=index) if node is not stride:
            return (index,)
        case _:
            return ()


def _word(node: object) -> str:
    return node.name if isinstance(node, Attribute) else node.id if isinstance(node, Name) else ""
