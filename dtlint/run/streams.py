"""Iterable data sets that give every rank the same: nothing in their code could tell one process from another."""

from __future__ import annotations

import builtins
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from sys import stdlib_module_names
from typing import Final

from dtlint.facts.script import Attribute, Keyword, Name
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
from dtlint.source import Span
from dtlint.value import Value

STREAM: Final = "torch.utils.data.IterableDataset"
_TELLS_APART: Final = re.compile(
    r"rank|world|dist|replica|rand|rng|shuffle|seed|generator|environ|getenv|process|node|host|hvd|horovod|mpi"
    r"|choice|permut|time|uuid|hash|pid|accelerat|fabric|parallel|mesh|split_by|eval|exec|globals|import",
    re.IGNORECASE,
)
"""Names by which code may learn which process it is in, or draw numbers that are each process's own."""
_STEPS: Final = frozenset(
    (
        "map", "filter", "shuffle", "take", "skip", "with_format", "rename_column", "rename_columns", "remove_columns",
        "select_columns", "cast", "cast_column",
    )
)  # fmt: skip
"""Methods that give another stream of the same samples, in each process alike."""
_BY_NODE: Final = "datasets.distributed.split_dataset_by_node"
_OPEN: Final = frozenset(("torch", "numpy", "json", "transformers", "tiktoken", "sentencepiece", *stdlib_module_names))
"""Packages whose calls, apart from such names, give the same in each process that reads the same files."""


def same_for_all(dataset: Thing | None) -> bool:
    """A stream whose items surely depend on its attributes, the files and the loader's worker alone: one of the
    workspace, or of the package `datasets`.

    Whether its attributes are those of the other processes is asked elsewhere (`likeness.alike`).
    """
    if _source(dataset) is not None:
        return True
    if not isinstance(dataset, Instance) or dataset.unseen or not isinstance(dataset.cls, ClassObject):
        return False
    if dataset.class_names != (STREAM,) or dataset.cls.lookup("__iter__") is None:
        return False
    return all(_blind(cls) for cls in dataset.cls.ancestry()) and all(map(_plain, dataset.attributes.values()))


def described(dataset: Thing) -> tuple[str, Span | None]:
    """What a person calls the stream, and where it is that it is not shared out."""
    if isinstance(dataset, Instance) and isinstance(dataset.cls, ClassObject):
        walk = dataset.cls.lookup("__iter__")
        return dataset.cls.name, walk.at if isinstance(walk, FunctionObject) else None
    source = _source(dataset)
    named = source.positional[0] if source is not None and source.positional else None
    return str(named) if isinstance(named, Value) and named.known else "the stream", source.at if source else None


def _source(dataset: Thing | None) -> Event | None:
    """The `load_dataset(…, streaming=True)` behind a stream of the package `datasets` that nothing shares out by rank.

    Such a stream shares itself out among the workers of its loader alone, until `split_dataset_by_node` is called on it
    (`IterableDataset._prepare_ex_iterable_for_iteration` of src/datasets/iterable_dataset.py).
    """
    while isinstance(dataset, Unread) and not dataset.unseen and dataset.made_by is not None:
        made = dataset.made_by
        if made.open or made.result is not dataset:
            return None
        if made.name == "datasets.load_dataset":
            streaming = (made.argument("streaming") == True).always  # noqa: E712
            return made if streaming and made.thing("split") is not None else None
        if made.method not in _STEPS or not all(map(_step_blind, (*made.positional, *made.keywords.values()))):
            return None
        if made.method == "shuffle" and made.argument("seed").integer is None:
            return None
        dataset = made.receiver
    return None


def dealt_by_node(dataset: Thing | None) -> Event | None:
    """The `split_dataset_by_node` by which a process takes its own part of a stream, whose length nobody tells.

    Shards are dealt out where their number divides, be they as long as they are, and single samples elsewhere, of which
    some ranks get one more (src/datasets/distributed.py).
    """
    dealt: Event | None = None
    while isinstance(dataset, Unread) and not dataset.unseen and dataset.made_by is not None:
        made = dataset.made_by
        if made.open or made.result is not dataset:
            return None
        if made.name == "datasets.load_dataset":
            return dealt if (made.argument("streaming") == True).always else None  # noqa: E712
        if made.name == _BY_NODE:
            dealt, dataset = made, made.given(0, "dataset")
        elif made.method in _STEPS - {"take"}:
            dataset = made.receiver
        else:
            return None
    return None


def _step_blind(thing: Thing) -> bool:
    """A function that is handed to a step of a stream cannot tell one process from another."""
    if isinstance(thing, FunctionObject):
        return not any(_TELLS_APART.search(name) for name, _ in _names((thing.body, thing.result)))
    return _plain(thing)


def _blind(cls: ClassObject) -> bool:
    """Everything that the class names is its own, Python's, or harmless."""
    if cls.definition.decorators or cls.definition.keywords:
        return False
    for name, is_attribute in _names(cls.definition.body):
        if _TELLS_APART.search(name):
            return False
        if not is_attribute and name in cls.module.names and not _harmless(cls.module.names[name]):
            return False
    return not cls.module.stars


def _harmless(thing: Thing) -> bool:
    if isinstance(thing, External):
        return thing.name.partition(".")[0] in _OPEN or hasattr(builtins, thing.name)
    return isinstance(thing, Value) and thing.known


def _plain(thing: Thing) -> bool:
    """An attribute that holds data, not something that may deal out data by itself."""
    match thing:
        case Value() | RangeObject():
            return True
        case ListObject(items=members) | Iteration(sources=members):
            return all(map(_plain, members))
        case DictObject(entries=entries):
            return all(map(_plain, entries.values()))
        case Unread(made_by=made) | Instance(cls=str(), made_by=made):
            return made is not None and made.name.partition(".")[0] in _OPEN and not _TELLS_APART.search(made.name)
        case _:
            return False


def _names(body: object) -> Iterator[tuple[str, bool]]:
    """All names and attributes in some statements, with whether it is an attribute or a keyword."""
    pending = [body]
    while pending:
        node = pending.pop()
        match node:
            case Name(id=name):
                yield name, False
            case Attribute(name=name) | Keyword(name=str(name)):
                yield name, True
            case _:
                pass
        if isinstance(node, tuple):
            pending += node
        elif is_dataclass(node) and not isinstance(node, Span):
            pending += [getattr(node, part.name) for part in fields(node) if part.name != "at"]
