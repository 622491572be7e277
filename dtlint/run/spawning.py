"""Whether a function that a script starts in processes of its own takes the arguments that it is given."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dtlint.facts.script import Call, Parameter
from dtlint.facts.syntax import nodes_of
from dtlint.record import record
from dtlint.run.effects import Effect
from dtlint.run.script.objects import (
    BoundMethod,
    ClassObject,
    DictObject,
    FunctionObject,
    Instance,
    ListObject,
    Partial,
    Thing,
    as_value,
)
from dtlint.run.script.trace import Event, ScriptRun
from dtlint.value import Value

_INDEXED: Final = ("torch.multiprocessing.spawn", "torch.multiprocessing.start_processes")
"""They call `fn(i, *args)`, with the number of the process first (torch/multiprocessing/spawn.py, `_wrap`)."""

_ITERATED: Final = ("__iter__", "__getitem__", "__getattr__", "__getattribute__")


@record(eq=False)
class Refusal:
    """A call that fails in every process that is started."""

    function: FunctionObject
    reason: str
    counted: bool = False
    """Among the arguments is the number of the process, in front of those that are written."""


def refusal(event: Event) -> Refusal | None:
    """What is wrong with the arguments of the function that `event` starts; None where they fit or are not known."""
    row = event.row
    target = event.thing(row.function) if row is not None and row.function else None
    indexed = event.name in _INDEXED
    if target is None or event.open or not (indexed or event.method == "Process"):
        return None
    function, before, names = _plain(target)
    if function is None or function.marks or (function.owner is not None and before == 0):
        return None
    args, keywords = event.thing("args"), event.thing("kwargs")
    single = _single(args)
    if single:
        return Refusal(function, f"{single} is no tuple: put a comma behind it")
    count = _count(args)
    given = _names(keywords)
    if count is None or given is None:
        return None
    reason = _misfit(function.parameters, before + indexed + count, names | given)
    return Refusal(function, reason, indexed) if reason else None


def called_at_once(run: ScriptRun) -> Iterator[tuple[Event, str]]:
    """Calls that start processes and are given what a function returns, which is None, in place of the function: with
    the parameter for it."""
    for event in run.effects(Effect.SPAWNS):
        parameter = event.row.function if event.row is not None else ""
        given = event.thing(parameter)
        value = as_value(given) if given is not None else None
        if value is None or not value.known or value.constant is not None or event.caught:
            continue
        at = event.argument_at(parameter)
        written = (node for program in run.programs for node in nodes_of(program.body))
        if any(isinstance(node, Call) and node.at.overlaps(at) and node.at.end == at.end for node in written):
            yield event, parameter


def _plain(target: Thing) -> tuple[FunctionObject | None, int, frozenset[str]]:
    """The function, with how many arguments, and which by name, it has by then."""
    match target:
        case FunctionObject():
            return target, 0, frozenset()
        case BoundMethod(function=function):
            return function, 1, frozenset()
        case Partial(function=FunctionObject() as function, args=args, keywords=keywords):
            return function, len(args), frozenset(keywords)
        case _:
            return None, 0, frozenset()


def _single(args: Thing | None) -> str:
    """A thing in parentheses, which is meant as a tuple of one; empty where it may be one, or anything to go over."""
    match args:
        case Value() if args.known and isinstance(args.constant, int | float | str):
            return f"args={args.constant!r}"
        case Instance(cls="argparse.Namespace"):
            return "the Namespace in args="
        case Instance(cls=ClassObject() as cls) if not cls.outside() and not any(map(cls.lookup, _ITERATED)):
            return f"the {cls.name} in args="
        case _:
            return ""


def _count(args: Thing | None) -> int | None:
    if args is None:
        return 0
    if isinstance(args, ListObject):
        # An empty one may be filled by a command line that is not known here.
        return len(args.items) if args.complete and args.items else None
    return None


def _names(keywords: Thing | None) -> frozenset[str] | None:
    if keywords is None:
        return frozenset()
    if isinstance(keywords, DictObject) and keywords.complete:
        return frozenset(str(key) for key in keywords.entries)
    return None


def _misfit(parameters: tuple[Parameter, ...], count: int, names: frozenset[str]) -> str:
    """Python's own complaint about `count` arguments by place and some by name; empty where they fit."""
    placed = [one for one in parameters if one.kind in ("positional", "either")]
    kinds = {one.kind for one in parameters}
    if count > len(placed) and "args" not in kinds:
        return f"it takes {len(placed)} of the {count} arguments that it gets"
    lacking = [one.name for one in placed[count:] if one.default is None and one.name not in names]
    named = [one for one in parameters if one.kind == "keyword"]
    lacking += [one.name for one in named if one.default is None and one.name not in names]
    if lacking:
        return "nothing is given for " + ", ".join(lacking)
    accepted = {one.name for one in placed[count:]} | {one.name for one in named}
    strange = sorted(names - accepted) if "kwargs" not in kinds else []
    return f"it has no parameter {strange[0]}" if strange else ""
