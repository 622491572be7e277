"""States that are saved of a compiled model, and loaded into one that is not.

`torch.compile(model)` gives a module that holds the model as its attribute `_orig_mod`: each name in its `state_dict()`
begins with `_orig_mod.` (torch/_dynamo/eval_frame.py, `OptimizedModule`; seen with torch 2.13).  On paper both are one
object, so which of them is meant is read from how it is written: the wrapper surely got the compiled one where it was
given the call itself, or the name that the call's result took over from the model.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dtlint.facts.script import (
    Assign,
    Attribute,
    Call,
    Comprehension,
    Conditional,
    Constant,
    Expr,
    Name,
    Slice,
    Subscript,
)
from dtlint.facts.syntax import inside, nodes_of
from dtlint.job.process import Process
from dtlint.record import record
from dtlint.run.restoring import kind, prefixed, restored, saved
from dtlint.run.saving import answered
from dtlint.run.script.objects import DictObject, Instance, Unread
from dtlint.run.script.trace import Event, ScriptRun
from dtlint.run.wrapping import DDP
from dtlint.run.writers import same_file
from dtlint.value import known

_COMPILE: Final = "torch.compile"
_LOAD: Final = "torch.load"
_PREFIX: Final = "_orig_mod"
_LEAVES_IT: Final = frozenset(("startswith", "removeprefix", "replace", "len"))
"""Calls in a new name by which the prefix of DDP is taken away, and that of torch.compile stays."""


@record(eq=False)
class NotTaken:
    put: Event
    save: Event
    compiled: Event
    strict: bool
    """It raises; else nothing is loaded."""


def not_taken(processes: list[Process]) -> Iterator[NotTaken]:
    """One for each place where such a state is loaded."""
    runs = [(process, process.run) for process in processes if process.run is not None]
    told: set[object] = set()
    for loader, run in runs:
        if any(_puts_compiled(run, event) for event in run.called(_COMPILE)):
            continue
        for load, put in _loads(run):
            if put.at in told or not put.surely or put.caught or answered(run, put) or prefixed(put.receiver):
                continue
            found = [
                (save, _compiled(other, states, put))
                for saver, other in runs
                if saver.exec.directory.same(loader.exec.directory)
                for save, states in saved(other)
                if same_file(save.argument("f"), load.argument("f"))
            ]
            first = found[0] if found else None
            compiled = first is not None and all(event is not None for _, event in found)
            if compiled and first is not None and first[1] is not None and not _speaks_of_it(run):
                told.add(put.at)
                strict = put.argument("strict").or_default(known(True))
                yield NotTaken(put, first[0], first[1], not (strict.known and strict.constant is False))


def _speaks_of_it(run: ScriptRun) -> bool:
    nodes = (node for program in run.programs for node in nodes_of(program.body))
    return any(
        (isinstance(node, Constant) and isinstance(node.value, str) and _PREFIX in node.value)
        or (isinstance(node, Attribute) and node.name == _PREFIX)
        for node in nodes
    )


def _puts_compiled(run: ScriptRun, compiled: Event) -> bool:
    """What it compiles gets a state afterwards."""
    module = compiled.thing("model")
    return any(event.method == "load_state_dict" and event.receiver is module for event in run.events)


def _loads(run: ScriptRun) -> Iterator[tuple[Event, Event]]:
    """States that are loaded as they are in a file, or with names of which at most the prefix of DDP was taken away."""
    for one in restored(run):
        yield one.load, one.put
    for event in run.events:
        given = event.positional[0] if event.method == "load_state_dict" and event.positional else None
        if event.open or not isinstance(given, DictObject) or given.entries or len(given.others) != 1:
            continue
        made = given.others[0].made_by if isinstance(given.others[0], Unread) else None
        state = made.receiver if made is not None and made.method == "items" else None
        load = state.made_by if isinstance(state, Unread) else None
        if made is not None and load is not None and load.name == _LOAD and _keeps_it(run, made):
            yield load, event


def _keeps_it(run: ScriptRun, items: Event) -> bool:
    """The comprehension over these entries gives names that still begin as they did behind the prefix of DDP."""
    for program in run.programs:
        for node in nodes_of(program.body):
            match node:
                case Comprehension(key=key, loops=((_, iterable, ()),)) if iterable.at == items.at:
                    return key is not None and _plain(key)
                case _:
                    pass
    return False


def _plain(key: Expr) -> bool:
    parts: list[object] = [key]
    while parts:
        match parts.pop():
            case Constant(value=str(word)) if word not in ("module.", ""):
                return False
            case Call(func=Attribute(name=name) | Name(id=name)) as call:
                if name not in _LEAVES_IT:
                    return False
                parts += [*call.args, *([call.func.value] if isinstance(call.func, Attribute) else [])]
            case Constant() | Name():
                pass
            case Conditional() | Subscript() | Slice() as node:
                parts += inside(node)
            case None:
                pass
            case _:
                return False
    return True


def _compiled(run: ScriptRun, states: list[Event], put: Event) -> Event | None:
    """The compilation whose prefix the names of the one state of such a model have; None where they may have none."""
    own = kind(put.receiver)
    of_such = [(one, found) for one in states if (found := _through(run, one)) is not None]
    if own is None or len(states) != 1 or len(of_such) != 1 or _speaks_of_it(run):
        return None
    module = of_such[0][1].thing("model")
    return of_such[0][1] if kind(module) == own else None


def _through(run: ScriptRun, state: Event) -> Event | None:
    """The compilation of what the wrapper holds, where the state is that of the wrapper or of its `module`."""
    if state.open or state.positional or state.keywords:
        return None
    for wrap in run.called(DDP):
        module = wrap.thing("module")
        compiled = next((one for one in run.called(_COMPILE) if one.thing("model") is module), None)
        if compiled is None or compiled.open or "disable" in compiled.keywords:
            continue
        if not compiled.surely or not wrap.surely or not _given(run, wrap, compiled):
            continue
        inner = state.receiver is module and _written_through(run, state)
        if isinstance(module, Instance) and (inner or state.receiver is wrap.result):
            return compiled
    return None


def _given(run: ScriptRun, wrap: Event, compiled: Event) -> bool:
    """The wrapper was given what the compilation gave."""
    if compiled.index > wrap.index or compiled.stack != wrap.stack:
        return False
    place = wrap.argument_at("module")
    if place.overlaps(compiled.at):
        return True
    nodes = [node for program in run.programs for node in nodes_of(program.body)]
    names = {node.id for node in nodes if isinstance(node, Name) and node.at == place}
    for node in nodes:
        match node:
            case Assign(targets=(Name(id=name),), value=Call(at=at, args=(Name(id=given), *_))):
                if at == compiled.at and name == given and names == {name}:
                    return True
            case _:
                pass
    return False


def _written_through(run: ScriptRun, state: Event) -> bool:
    """It is written as `model.module.state_dict()`."""
    nodes = (node for program in run.programs for node in nodes_of(program.body))
    return any(
        isinstance(node, Call)
        and node.at == state.at
        and isinstance(node.func, Attribute)
        and isinstance(node.func.value, Attribute)
        and node.func.value.name == "module"
        for node in nodes
    )
