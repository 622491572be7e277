"""What `prepare_data` of Lightning leaves in its object, which one process of each node alone then has.

"Do not set state in this method since it is not called on every device" of `prepare_data` in
lightning/pytorch/core/hooks.py; `_DataConnector.prepare_data` calls it where the local rank is 0.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dtlint.facts.script import Assign, Attribute, Call, Constant, Name, Sequence
from dtlint.facts.syntax import nodes_of
from dtlint.record import record
from dtlint.run.script.loops import LOOPS
from dtlint.run.script.objects import ClassObject, FunctionObject, Instance
from dtlint.run.script.trace import ScriptRun
from dtlint.source import Span

PREPARES: Final = "prepare_data"
_OF_ALL: Final = ("setup", "train_dataloader", "val_dataloader", "test_dataloader", "training_step")
"""Methods that run in every process."""


@record(eq=False)
class Kept:
    """An attribute that `prepare_data` alone assigns, and a method of every process that asks for it."""

    name: str
    assigned: Span
    asked: Span
    hook: str


def kept(run: ScriptRun) -> Iterator[Kept]:
    """Of the objects that the trainers of a process go through which does not prepare the data itself."""
    for event in run.events:
        if event.name not in LOOPS or not event.surely:
            continue
        for thing in (event.thing("datamodule"), event.thing("train_dataloaders"), event.thing("model")):
            if isinstance(thing, Instance) and isinstance(thing.cls, ClassObject):
                yield from _of(thing, thing.cls)


def _of(thing: Instance, cls: ClassObject) -> Iterator[Kept]:
    prepares = cls.lookup(PREPARES)
    if not isinstance(prepares, FunctionObject) or "?" in cls.outside():
        return
    methods = [one for ancestor in cls.ancestry() for one in ancestor.names.values() if isinstance(one, FunctionObject)]
    elsewhere = {name for one in methods if one.name != PREPARES for name, _ in _assigned(one)}
    named = {name for ancestor in cls.ancestry() for name in ancestor.names} | set(thing.attributes)
    asked_first = {text for one in methods for text in _texts(one)}
    for name, at in _assigned(prepares):
        if name in elsewhere or name in named or name in asked_first:
            continue
        for hook in _OF_ALL:
            method = cls.lookup(hook)
            place = _reads_within(method, name, cls) if isinstance(method, FunctionObject) else None
            if place is not None:
                yield Kept(name, at, place, hook)
                break


def _assigned(method: FunctionObject) -> Iterator[tuple[str, Span]]:
    """Attributes of the object that the method assigns."""
    for node in nodes_of(method.body):
        for target in node.targets if isinstance(node, Assign) and node.value is not None else ():
            for one in target.items if isinstance(target, Sequence) else (target,):
                if isinstance(one, Attribute) and _is_self(one.value, method):
                    yield one.name, one.at


def _reads_within(hook: FunctionObject, name: str, cls: ClassObject) -> Span | None:
    """Where the hook, or a method of the same object that it calls, asks for the attribute."""
    calls, seen = [hook], {id(hook)}
    while calls:
        method = calls.pop(0)
        place = _reads(method, name)
        if place is not None:
            return place
        for called in map(cls.lookup, _called(method)):
            if isinstance(called, FunctionObject) and called.name != PREPARES and id(called) not in seen:
                seen.add(id(called))
                calls.append(called)
    return None


def _called(method: FunctionObject) -> Iterator[str]:
    """Methods that it calls of its own object."""
    for node in nodes_of(method.body):
        if isinstance(node, Call) and isinstance(node.func, Attribute) and _is_self(node.func.value, method):
            yield node.func.name


def _reads(method: FunctionObject, name: str) -> Span | None:
    return next(
        (
            node.at
            for node in nodes_of(method.body)
            if isinstance(node, Attribute) and node.name == name and _is_self(node.value, method)
        ),
        None,
    )


def _texts(method: FunctionObject) -> Iterator[str]:
    """Names with which `hasattr`, `getattr` or `setattr` may be asked."""
    for node in nodes_of(method.body):
        if isinstance(node, Call) and isinstance(node.func, Name) and node.func.id in ("hasattr", "getattr", "setattr"):
            yield from (one.value for one in node.args if isinstance(one, Constant) and isinstance(one.value, str))


def _is_self(node: object, method: FunctionObject) -> bool:
    return isinstance(node, Name) and bool(method.parameters) and node.id == method.parameters[0].name
