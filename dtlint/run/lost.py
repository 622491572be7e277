"""Collectives that work in place upon something that stands in the call itself, which nobody can ask afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dtlint.facts.script import Attribute, Call, Constant, Expr, Name, Sequence
from dtlint.facts.syntax import nodes_of
from dtlint.run.script.trace import Event, ScriptRun

_HOME: Final = "torch.distributed."
_FILLED: Final = {
    "all_reduce": ("tensor", "tensor"),
    "broadcast": ("tensor", "tensor"),
    "broadcast_object_list": ("object_list", "list"),
    "all_gather_object": ("object_list", "list"),
}
"""The parameter that a collective fills, and whether that is a tensor or a list."""
_COPIES: Final = ("tensor",)
"""Calls of torch that copy what they are given (`torch.zeros(1)` is none: it serves as a barrier)."""


def lost(run: ScriptRun) -> Iterator[tuple[Event, str]]:
    """Calls whose outcome is surely lost, with the parameter that would have held it."""
    calls = [event for event in run.events if event.method in _FILLED and event.name == _HOME + event.method]
    if not calls:
        return
    written = {
        node.at: node for program in run.programs for node in nodes_of(program.body) if isinstance(node, Call)
    }
    told: set[object] = set()
    for event in calls:
        parameter, kind = _FILLED[event.method]
        call = written.get(event.at)
        given = _argument(call, parameter) if call is not None else None
        temporary = _new_list(given) if kind == "list" else _new_tensor(given)
        if temporary and event.at not in told and not event.open:
            told.add(event.at)
            yield event, parameter


def _argument(call: Call, parameter: str) -> Expr | None:
    if call.args:
        return call.args[0]
    return next((each.value for each in call.keywords if each.name == parameter), None)


def _new_list(given: Expr | None) -> bool:
    return isinstance(given, Sequence) and len(given.items) > 0


def _new_tensor(given: Expr | None) -> bool:
    """`torch.tensor(correct)`, also moved to a device: made of something that is not the same in all processes."""
    while isinstance(given, Call) and isinstance(given.func, Attribute) and given.func.name in ("cuda", "to", "float"):
        given = given.func.value
    if not isinstance(given, Call) or not isinstance(given.func, Attribute) or given.func.name not in _COPIES:
        return False
    home, made_of = given.func.value, given.args[0] if given.args else None
    return isinstance(home, Name) and home.id == "torch" and made_of is not None and not _constant(made_of)


def _constant(given: Expr) -> bool:
    return all(isinstance(node, Constant | Sequence) for node in nodes_of(given) if isinstance(node, Expr))
