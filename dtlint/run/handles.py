"""Collectives that only begin: with `async_op=True` a call gives back a handle, and the tensor is filled in until its
`wait()` (pytorch.org/docs/stable/distributed.html, "Synchronous and asynchronous collective operations")."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from dtlint.facts.script import Assign, Attribute, Call, Expr, ExprStatement, Name, Slice, Subscript
from dtlint.facts.syntax import nodes_of
from dtlint.record import record
from dtlint.run.collectives import may_meet
from dtlint.run.effects import Effect
from dtlint.run.restoring import optimizer
from dtlint.run.script.objects import Object, Unread
from dtlint.run.script.trace import Event, ScriptRun

_WAITS: Final = ("synchronize", "wait", "wait_stream", "sleep")


@record(eq=False)
class Unawaited:
    """A collective whose handle nobody keeps, and the next call that takes what it fills in; for a gradient, the
    optimizer's step."""

    event: Event
    use: Event


def unawaited(run: ScriptRun) -> Iterator[Unawaited]:
    """Where nothing between the two could have waited for other processes or for the device."""
    begun = [event for event in run.effects(Effect.COLLECTIVE) if _begins(event)]
    if not begun:
        return
    files = {event.at.path for event in begun}
    nodes = [node for program in run.programs if program.path in files for node in nodes_of(program.body)]
    dropped = {call.at: call for call in _dropped(nodes)}
    told: set[object] = set()
    for event in begun:
        call = dropped.get(event.at) if event.at not in told else None
        use = None if call is None else _step(run, event) if _of_gradient(call) else _next_use(run, event, call)
        if use is not None:
            told.add(event.at)
            yield Unawaited(event, use)


def _dropped(nodes: list[object]) -> Iterator[Call]:
    """Calls whose outcome stands alone, or goes to a name that nothing reads."""
    named = Counter(node.id for node in nodes if isinstance(node, Name))
    given = [node for node in nodes if isinstance(node, Assign)]
    written = Counter(target.id for node in given for target in node.targets if isinstance(target, Name))
    for node in nodes:
        match node:
            case ExprStatement(value=Call() as call):
                yield call
            case Assign(targets=(Name(id=name),), value=Call() as call) if named[name] == written[name]:
                yield call
            case _:
                pass


def _of_gradient(call: Call) -> bool:
    """What it fills in is a parameter's gradient: `all_reduce(p.grad, …)`, `all_reduce(p.grad.data, …)`."""
    given = _given(call)
    if isinstance(given, Attribute) and given.name == "data":
        given = given.value
    return isinstance(given, Attribute) and given.name == "grad"


def _given(call: Call) -> Expr | None:
    return call.args[0] if call.args else next((each.value for each in call.keywords if each.name == "tensor"), None)


def _step(run: ScriptRun, event: Event) -> Event | None:
    """The step of an optimizer that comes next; it takes all gradients."""
    for later in run.events[event.index + 1 :]:
        if later.method == "step" and optimizer(later.receiver):
            return later if later.surely or later.branches == event.branches else None
        if later.method in _WAITS or (later is not event and may_meet(later)):
            return None
    return None


def _begins(event: Event) -> bool:
    asked = event.argument("async_op")
    return event.name.startswith("torch.distributed.") and asked.known and asked.constant is True and not event.open


def _shows(thing: Object, tensor: Unread) -> bool:
    """It is the tensor, or a part or another view of it."""
    while thing is not tensor and isinstance(thing, Unread) and isinstance(thing.part_of, Unread):
        thing = thing.part_of
    return thing is tensor


def _next_use(run: ScriptRun, event: Event, call: Call) -> Event | None:
    filled = [event.thing(parameter) for parameter in (event.row.equalises if event.row is not None else ())]
    tensors = [thing for thing in filled if isinstance(thing, Unread)]
    given = _given(call)
    # `buffer[:n]` is a view: whoever takes the whole buffer takes what is filled in.
    view = isinstance(given, Subscript) and isinstance(given.index, Slice)
    wholes = [tensor.part_of for tensor in tensors if view and tensor.part_of is not None]
    for later in run.events[event.index + 1 :]:
        used = any(_shows(one, tensor) for one in later.objects for tensor in tensors)
        used = used or any(one is whole for one in later.objects for whole in wholes)
        if used and later.row is None and later.name.startswith(("?.", "torch.")):
            return later if later.surely or later.branches == event.branches else None
        if used or may_meet(later) or later.method in _WAITS:
            return None
    return None
