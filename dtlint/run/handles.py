"""Collectives that only begin: with `async_op=True` a call gives back a handle, and the tensor is filled in until its
`wait()` (pytorch.org/docs/stable/distributed.html, "Synchronous and asynchronous collective operations")."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dtlint.facts.script import Call, ExprStatement
from dtlint.record import record
from dtlint.run.collectives import may_meet
from dtlint.run.effects import Effect
from dtlint.run.layers import nodes_of
from dtlint.run.script.objects import Unread
from dtlint.run.script.trace import Event, ScriptRun

_WAITS: Final = ("synchronize", "wait", "wait_stream", "sleep")


@record(eq=False)
class Unawaited:
    """A collective whose handle nobody keeps, and the next call that takes what it fills in."""

    event: Event
    use: Event


def unawaited(run: ScriptRun) -> Iterator[Unawaited]:
    """Where nothing between the two could have waited for other processes or for the device."""
    begun = [event for event in run.effects(Effect.COLLECTIVE) if _begins(event)]
    if not begun:
        return
    nodes = [node for program in run.programs for node in nodes_of(program.body)]
    dropped = {node.value.at for node in nodes if isinstance(node, ExprStatement) and isinstance(node.value, Call)}
    told: set[object] = set()
    for event in begun:
        use = _next_use(run, event) if event.at in dropped and event.at not in told else None
        if use is not None:
            told.add(event.at)
            yield Unawaited(event, use)


def _begins(event: Event) -> bool:
    asked = event.argument("async_op")
    return event.name.startswith("torch.distributed.") and asked.known and asked.constant is True and not event.open


def _next_use(run: ScriptRun, event: Event) -> Event | None:
    filled = [event.thing(parameter) for parameter in (event.row.equalises if event.row is not None else ())]
    tensors = [thing for thing in filled if isinstance(thing, Unread)]
    for later in run.events[event.index + 1 :]:
        used = any(one is tensor for one in later.objects for tensor in tensors)
        if used and later.row is None and later.name.startswith(("?.", "torch.")):
            return later if later.surely or later.branches == event.branches else None
        if used or may_meet(later) or later.method in _WAITS:
            return None
    return None
