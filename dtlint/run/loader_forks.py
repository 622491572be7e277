"""Loaders whose workers are forked, and whose data set uses a GPU in each of them.

CUDA does not survive a fork (`forking.py`).  On Linux a loader's workers are forked, unless it or the script asks for
another way of starting them (torch/utils/data/dataloader.py, `multiprocessing_context`; until Python 3.14).  They call
the data set's `__getitem__`: what it puts on a GPU, or takes out of a tensor that stands on one, raises there.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dtlint.facts.script import (
    Assign,
    Attribute,
    BoolOp,
    Call,
    Comprehension,
    Conditional,
    Constant,
    Expr,
    ExprStatement,
    Lambda,
    Name,
    Return,
    Stmt,
    Subscript,
    With,
)
from dtlint.facts.syntax import inside, nodes_of
from dtlint.record import record
from dtlint.run.devices import Use, gpu, uses
from dtlint.run.effects import Effect
from dtlint.run.epochs import passes
from dtlint.run.script.flows import VIEWS
from dtlint.run.script.objects import ClassObject, FunctionObject, Instance, Thing, Unread
from dtlint.run.script.trace import Event, ScriptRun
from dtlint.source import Span

_CHOOSING: Final = "set_start_method"
_SAME_PLACE: Final = VIEWS - {"numpy"} | {"float", "half", "bfloat16", "double", "long", "int", "clone"}
"""Methods whose result stands on the GPU of the tensor."""
_MAYBE: Final = (BoolOp, Comprehension, Conditional, Lambda)
"""Expressions of which not every part is surely evaluated."""


@record(eq=False)
class Forked:
    """A data set that uses a GPU in the workers of a loader."""

    loader: Event
    touched: Span
    """Where it does so in `__getitem__`."""
    begun: Event
    """CUDA is at work from here on, in the process that forks the workers."""
    workers: int


def gpu_in_workers(run: ScriptRun) -> Iterator[Forked]:
    """One for each loader."""
    if run.unread or any(event.method == _CHOOSING for event in run.events):
        return
    used = [use for use in uses(run) if use.named]
    told: set[int] = set()
    for one in passes(run):
        made = one.loader.made_by
        workers = made.argument("num_workers").integer if made is not None else None
        if made is None or not workers or not made.surely or made.open or made.index in told or one.loader.unseen:
            continue
        dataset = made.thing("dataset")
        getter = _getter(dataset) if "multiprocessing_context" not in made.keywords else None
        if getter is None or not isinstance(dataset, Instance):
            continue
        first = next((event.index for event in run.events if one.loop in event.loops), len(run.events))
        early = next((use.event for use in used if use.starts and use.event.surely and use.event.index < first), None)
        found = next(_touched(getter, dataset, used, early, run), None)
        if found is not None:
            told.add(made.index)
            yield Forked(made, found[0], found[1], workers)


def _getter(dataset: Thing | None) -> FunctionObject | None:
    if not isinstance(dataset, Instance) or not isinstance(dataset.cls, ClassObject) or dataset.unseen:
        return None
    if dataset.cls.lookup("__getitems__") is not None:
        return None
    method = dataset.cls.lookup("__getitem__")
    return method if isinstance(method, FunctionObject) and method.parameters and not method.marks else None


def _touched(
    getter: FunctionObject, dataset: Instance, used: list[Use], early: Event | None, run: ScriptRun
) -> Iterator[tuple[Span, Event]]:
    """Where each call surely comes to a GPU, with the call by which CUDA began before."""
    own = getter.parameters[0].name
    for node in _surely(getter.body):
        match node:
            case Subscript(value=Attribute(value=Name(id=name), name=attribute)) if name == own:
                stands = _on_gpu(dataset, attribute, used, run)
                if stands is not None:
                    yield node.at, stands
            case Call(func=Attribute(name="cuda")) if early is not None:
                yield node.at, early
            case Call(func=Attribute(name="to"), args=(target, *_)) if early is not None:
                if _names_gpu(target, own, dataset):
                    yield node.at, early
            case _:
                pass


def _surely(body: tuple[Stmt, ...]) -> Iterator[object]:
    """All that is surely evaluated: statements up to the first condition, loop or other block."""
    for statement in body:
        pending: list[object]
        if isinstance(statement, With):
            pending = [context for context, _ in statement.items]
        elif isinstance(statement, Assign | ExprStatement | Return):
            pending = [statement]
        else:
            return
        while pending:
            node = pending.pop()
            if not isinstance(node, _MAYBE):
                yield node
                pending += inside(node)
        if isinstance(statement, With):
            yield from _surely(statement.body)


def _names_gpu(target: Expr, own: str, dataset: Instance) -> bool:
    match target:
        case Constant(value=str(word)):
            return word.partition(":")[0] == "cuda"
        case Attribute(value=Name(id=name), name=attribute) if name == own:
            thing = dataset.attributes.get(attribute)
            index = gpu(thing) if thing is not None else None
            return index is not None and (index.known or index.is_absent)
        case _:
            return False


def _on_gpu(dataset: Instance, attribute: str, used: list[Use], run: ScriptRun) -> Event | None:
    """The call that surely put what the attribute holds on a GPU.

    A tensor's `to` gives another tensor, and leaves the first where it is: the call must stand in what is assigned.
    """
    thing = dataset.attributes.get(attribute)
    made = thing.made_by if isinstance(thing, Unread) else None
    while made is not None and made.method in _SAME_PLACE and made.surely:
        thing = made.receiver
        made = thing.made_by if isinstance(thing, Unread) else None
    if not isinstance(thing, Unread) or thing.unseen:
        return None
    last = next((event for event in reversed(list(run.effects(Effect.MOVES))) if event.receiver is thing), made)
    if last is None or not last.surely or not any(use.event is last for use in used):
        return None
    if not isinstance(dataset.cls, ClassObject):
        return None
    nodes = nodes_of(dataset.cls.definition)
    found = [node.value for node in nodes if isinstance(node, Assign) and _assigns(node, attribute)]
    given = found[0] if len(found) == 1 else None
    return last if given is not None and given.at.overlaps(last.at) else None


def _assigns(node: Assign, attribute: str) -> bool:
    return any(isinstance(target, Attribute) and target.name == attribute for target in node.targets)
