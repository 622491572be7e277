"""Data that a script deals out to its processes by a slice: `files[rank::size]`, `rows[rank::size]`.

A slice with a step is one longer for the first processes, unless the number of all is a multiple of it.
"""

from __future__ import annotations

from typing import Final

from dtlint.facts.script import Attribute, Call, For, Name, Operation, Return, While
from dtlint.facts.syntax import nodes_of
from dtlint.record import record
from dtlint.run.script.objects import (
    ClassObject,
    FunctionObject,
    Instance,
    Iteration,
    ListObject,
    Strided,
    Thing,
    Unread,
    as_value,
)
from dtlint.run.script.trace import Event, ScriptRun
from dtlint.run.streams import STREAM

_LISTS: Final = frozenset(("glob", "iglob", "rglob", "iterdir", "listdir", "readlines", "splitlines"))
"""Calls that list what there is: files of a folder, lines of a file."""
_READS: Final = frozenset(
    ("load", "loads", "read_csv", "read_parquet", "read_json", "read_pickle", "loadtxt", "reader", "read_table")
)
_SAME: Final = frozenset(
    ("cat", "concat", "concatenate", "vstack", "hstack", "stack", "tensor", "as_tensor", "from_numpy", "array",
     "asarray", "float", "long", "int", "cuda", "to", "numpy", "tolist", "sorted", "list", "FloatTensor", "LongTensor")
)  # fmt: skip
"""Calls that give as many items as they are given, or more where each item is a file."""
_TENSORS: Final = "torch.utils.data.TensorDataset"
_DEEPEST: Final = 6
_ENDLESS: Final = frozenset(("cycle", "repeat", "count"))
_SPLITS: Final = ("numpy.array_split", "torch.tensor_split")
"""Calls that cut something into parts of which the first have one item more."""


@record(eq=False)
class Cut:
    part: Strided
    what: str
    """What it is that is dealt out: samples, or files of them."""


def dealt_by_slice(dataset: Thing | None) -> Cut | None:
    """The slice of all that a data set surely consists of."""
    if isinstance(dataset, Instance) and dataset.cls == _TENSORS and dataset.made_by is not None:
        given = dataset.made_by.positional
        return _cut(given[0], _DEEPEST) if given else None
    if isinstance(dataset, Instance) and isinstance(dataset.cls, ClassObject) and not dataset.unseen:
        stream = dataset.class_names == (STREAM,)
        name = gone_over(dataset) if stream else _counted(dataset.cls)
        found = _cut(dataset.attributes.get(name), _DEEPEST) if name else None
        return Cut(found.part, "file") if found is not None and stream else found
    return dealt_out(dataset)


def dealt_out(thing: Thing | None) -> Cut | None:
    """The slice of all that a list of files, or of what was read, surely is."""
    return _cut(thing, _DEEPEST) if isinstance(thing, Unread) else None


def counts_what_is_over(run: ScriptRun) -> bool:
    """The script divides a length somewhere and looks at the remainder: it may see to it that nothing is over."""
    return any(
        isinstance(node, Operation) and node.operator == "%" and _is_length(node.operands[0])
        for program in run.programs
        for node in nodes_of(program.body)
    )


def _is_length(node: object) -> bool:
    return isinstance(node, Call) and isinstance(node.func, Name) and node.func.id == "len"


def _cut(thing: Thing | None, deep: int) -> Cut | None:
    if deep == 0:
        return None
    if isinstance(thing, ListObject):
        found = [_read_of_each(item) for item in thing.items]
        return found[0] if found and len(found) == 1 and not thing.complete else None
    if not isinstance(thing, Unread):
        return None
    split = _split(thing)
    if split is not None:
        return Cut(split, _kind(split.of)) if _all(split.of) else None
    if thing.strided is not None:
        return Cut(thing.strided, _kind(thing.strided.of)) if _all(thing.strided.of) else None
    made = thing.made_by
    if made is None or made.method not in _SAME or not made.surely or thing.part_of is not None:
        return None
    source = made.positional[0] if made.positional else made.receiver
    return _cut(source, deep - 1)


def _split(thing: Unread) -> Strided | None:
    """`array_split(files, size)[rank]`, whose lengths are those of a slice with a step."""
    made = thing.part_of.made_by if isinstance(thing.part_of, Unread) else None
    if made is None or made.name not in _SPLITS or thing.key is None or len(made.positional) != 2:
        return None
    return Strided(thing.key, as_value(made.positional[1]), made.positional[0], made.at)


def _read_of_each(item: Thing) -> Cut | None:
    """What a loop over a slice read of one of its files."""
    made = item.made_by if isinstance(item, Unread) else None
    if made is None or made.method not in _READS or not made.loops:
        return None
    iterable = made.loops[-1].iterable
    cut = _cut(iterable, 1) if isinstance(iterable, Unread) else None
    return Cut(cut.part, "file") if cut is not None else None


def _all(thing: Thing) -> bool:
    """It is all that there is, as it was found or read, and not what somebody has cut to a length."""
    return _maker(thing) is not None


def _kind(thing: Thing) -> str:
    made = _maker(thing)
    return "file" if made is not None and made.method in _LISTS - {"readlines", "splitlines"} else "sample"


def _maker(thing: Thing) -> Event | None:
    if isinstance(thing, Iteration):
        return _maker(thing.sources[0]) if thing.kind in ("sorted", "reversed") and len(thing.sources) == 1 else None
    if isinstance(thing, ListObject):
        return _maker(thing.sources[0]) if len(thing.sources) == 1 and not thing.items else None
    if not isinstance(thing, Unread) or thing.strided is not None or thing.origin.endswith("[:]"):
        return None
    made = thing.made_by
    return made if made is not None and made.method in _LISTS | _READS else None


def _counted(cls: ClassObject) -> str | None:
    """`files` of a class whose length is `len(self.files)`."""
    length = cls.lookup("__len__")
    if not isinstance(length, FunctionObject) or len(length.body) != 1 or not length.parameters:
        return None
    match length.body[0]:
        case Return(value=Call(func=Name(id="len"), args=(Attribute(value=Name(id=owner), name=name),))):
            return name if owner == length.parameters[0].name else None
        case _:
            return None


def gone_over(dataset: Instance) -> str | None:
    """`files` of a stream of the workspace whose `__iter__` goes over `self.files` and comes to an end."""
    if dataset.unseen or not isinstance(dataset.cls, ClassObject) or dataset.class_names != (STREAM,):
        return None
    walk = dataset.cls.lookup("__iter__")
    if not isinstance(walk, FunctionObject) or not walk.parameters:
        return None
    loops = [statement for statement in walk.body if isinstance(statement, For)]
    if len(loops) != 1 or any(isinstance(node, While) or _endless(node) for node in nodes_of(walk.body)):
        return None
    match loops[0].iterable:
        case Attribute(value=Name(id=owner), name=name) if owner == walk.parameters[0].name:
            return name
        case _:
            return None


def _endless(node: object) -> bool:
    if not isinstance(node, Call):
        return False
    last = node.func.name if isinstance(node.func, Attribute) else node.func.id if isinstance(node.func, Name) else ""
    return last in _ENDLESS
