"""Layers whose training is switched off, or on again, behind the back of DistributedDataParallel.

DDP notes when it is made which parameters need gradients, and each backward pass waits for all of them.  A part that is
frozen later never reports: the second forward pass raises `Expected to have finished reduction in the prior iteration`
(torch/csrc/distributed/c10d/reducer.cpp; seen with torch 2.13).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dtlint.facts.script import Assign, Attribute, Call, Constant, ExprStatement, For, Name, Stmt
from dtlint.facts.syntax import nodes_of
from dtlint.run.effects import Effect
from dtlint.run.layers import parts_of
from dtlint.run.partings import happens
from dtlint.run.script.objects import Instance, Thing, Unread, as_value
from dtlint.run.script.trace import Event, ScriptRun, repeats
from dtlint.run.wrapping import DDP, has_weights, over_weights
from dtlint.source import Span

_FLAG: Final = "requires_grad"


def frozen_late(run: ScriptRun) -> Iterator[tuple[Event, Event]]:
    """The wrap, and the one call of the script that decides what is trained, which freezes a part of what was wrapped:
    `part.requires_grad_(False)`, or the `part.parameters()` of a loop that sets their `requires_grad`."""
    wrapped = [thing for wrap in run.called(DDP) if isinstance(thing := wrap.thing("module"), Instance)]
    if not any(_concerns_a_part(event, module) for event in run.events for module in wrapped):
        return  # asked first, since to go through the whole syntax takes long
    looped = looped_flags(run)
    if looped is None:
        return
    asked = _asked(run, looped)
    if len(asked) != 1 or not _freezes(asked[0], looped):
        return
    freeze = asked[0]
    for wrap in run.called(DDP):
        module = wrap.thing("module")
        if wrap.index > freeze.index or wrap.open or not wrap.surely or not isinstance(module, Instance):
            continue
        told = [wrap.argument(name) for name in ("find_unused_parameters", "static_graph")]
        if not all(value.is_absent or (value.known and value.constant is False) for value in told):
            continue
        inside = any(part is freeze.receiver for part in parts_of(module)) and not _made_after(freeze.receiver, wrap)
        if inside and freeze.receiver is not module and _trains_on(run, wrap, freeze):
            yield wrap, freeze


def thawed_late(run: ScriptRun) -> Iterator[tuple[Event, Event, Event]]:
    """The wrap, the call that froze a part before it, and the first one behind it that lets that part train again.

    DDP leaves out what needs no gradients when it is made: what is trained later is never averaged.
    """
    wraps = list(run.called(DDP))
    if not wraps or not _may_switch(run) or any(over_weights(event) for event in run.events):
        return
    looped = looped_flags(run)
    asked = _asked(run, looped) if looped is not None else []
    if looped is None or not asked:
        return
    for wrap in wraps:
        module = wrap.thing("module")
        if wrap.open or not wrap.surely or module is None:
            continue
        frozen = [one for one in asked if one.index < wrap.index]
        if not all(one.surely and switches(one, looped) is False for one in frozen):
            continue  # what is trained when DDP looks is not known
        for thaw in asked:
            again = any(other.index > thaw.index or _common(other, thaw) for other in wraps if other is not wrap)
            if thaw.index < wrap.index or again or switches(thaw, looped) is not True or thaw.open:
                continue
            freeze = next((one for one in reversed(frozen) if _within(one.receiver, thaw.receiver, wrap)), None)
            if freeze is not None and all(map(happens, thaw.branches)) and _goes_on(run, wrap, thaw):
                yield wrap, freeze, thaw
                break


def _asked(run: ScriptRun, looped: dict[Span, bool]) -> list[Event]:
    """The calls that decide what is trained: of a loop over parameters that call alone by which it gets them."""
    return [
        event
        for event in run.events
        if event.at in looped or (event.method == "requires_grad_" and _gone_over(event) not in looped)
    ]


def _gone_over(event: Event) -> Span | None:
    """The call whose outcome the innermost loop around goes over."""
    source = event.loops[-1].iterable if event.loops else None
    return source.made_by.at if isinstance(source, Unread) and source.made_by is not None else None


def _may_switch(run: ScriptRun) -> bool:
    """Something asks for gradients or forbids them, or a loop over parameters may: else the syntax, which takes long to
    go through, need not be asked."""
    loops = (loop.iterable for loop in repeats(run.trace))
    gone_over = (thing.made_by for thing in loops if isinstance(thing, Unread))
    looped = any(made is not None and made.method == "parameters" for made in gone_over)
    return looped or any(event.method == "requires_grad_" for event in run.events)


def switches(event: Event, looped: dict[Span, bool]) -> bool | None:
    """What the call sets `requires_grad` to."""
    if event.at in looped:
        return looped[event.at]
    given = event.given(0, _FLAG)
    if given is None:
        return None if event.open else True
    told = as_value(given)
    return told.constant if told.known and isinstance(told.constant, bool) else None


def _within(frozen: Thing | None, thawed: Thing | None, wrap: Event) -> bool:
    """What was frozen stands in what is thawed, and both stand in the wrapped module; one object is enough."""
    module = wrap.thing("module")
    if thawed is wrap.result:
        thawed = module
    held = parts_of(thawed) if isinstance(thawed, Instance) else iter(())
    within = frozen is thawed or any(part is frozen for part in held)
    wrapped = module is thawed or (isinstance(module, Instance) and any(part is thawed for part in parts_of(module)))
    return within and frozen is not None and (wrapped or _taken_from(thawed, module))


def _taken_from(part: Thing | None, module: Thing | None) -> bool:
    """It is an attribute, or an attribute of one, of a module that a library made."""
    held = [*module.attributes.values()] if isinstance(module, Instance | Unread) else []
    return any(one is part for one in held)


def _common(other: Event, thaw: Event) -> bool:
    """Both stand in one loop."""
    return any(loop in other.loops for loop in thaw.loops)


def _goes_on(run: ScriptRun, wrap: Event, thaw: Event) -> bool:
    """Passes forward and backward through the wrapper follow, or come in a further round."""
    forward = [one for one in run.called(DDP + ".__call__") if one.receiver is wrap.result]
    backward = list(run.effects(Effect.BACKWARD))
    return all(
        any(one.index > thaw.index or _common(one, thaw) for one in passes) for passes in (forward, backward)
    )


def _made_after(layer: Thing | None, wrap: Event) -> bool:
    made = layer.made_by if isinstance(layer, Instance) else None
    return made is not None and made.index > wrap.index


def _concerns_a_part(event: Event, module: Instance) -> bool:
    """It may freeze a part of the module, but not all of it."""
    named = event.method in ("requires_grad_", "parameters")
    return named and event.receiver is not module and any(part is event.receiver for part in parts_of(module))


def _freezes(event: Event, looped: dict[Span, bool]) -> bool:
    given = event.given(0, _FLAG)
    told = as_value(given) if given is not None else None
    off = not looped[event.at] if event.at in looped else told is not None and told.known and told.constant is False
    weights = isinstance(event.receiver, Instance) and has_weights(event.receiver)
    return off and weights and event.surely and not event.loops and not event.open


def looped_flags(run: ScriptRun) -> dict[Span, bool] | None:
    """The calls of `parameters()` over whose outcome a loop goes that does nothing but set `requires_grad` of each,
    with what it is set to; None where it is set by hand in another way: then what is trained is not known."""
    found: dict[Span, bool] = {}
    by_hand = 0
    for program in run.programs:
        for node in nodes_of(program.body):
            match node:
                case Assign(targets=targets) if any(_is_flag(target) for target in targets):
                    by_hand += 1
                case For(target=Name(id=each), iterable=Call(func=Attribute(name="parameters")) as call, body=(only,)):
                    switched = _switched(only, each)
                    if switched is not None:
                        found[call.at] = switched
                        by_hand -= isinstance(only, Assign)
                case _:
                    pass
    return found if by_hand == 0 else None


def _is_flag(target: object) -> bool:
    return isinstance(target, Attribute) and target.name == _FLAG


def _switched(statement: Stmt, each: str) -> bool | None:
    match statement:
        case Assign(targets=(Attribute(value=Name(id=name), name=flag),), value=Constant(value=bool(on))):
            return on if (name, flag) == (each, _FLAG) else None
        case ExprStatement(value=Call(func=Attribute(value=Name(id=name), name=called), args=args, keywords=())):
            told = args[0].value if args and isinstance(args[0], Constant) else not args
            return told if (name, called) == (each, f"{_FLAG}_") and isinstance(told, bool) else None
        case _:
            return None


def _trains_on(run: ScriptRun, wrap: Event, freeze: Event) -> bool:
    """Passes forward and backward through the wrapper follow, in a loop or several times."""
    forward = [one for one in run.called(DDP + ".__call__") if one.receiver is wrap.result and one.index > freeze.index]
    forward = [one for one in forward if one.surely and not one.contexts]
    backward = [one for one in run.effects(Effect.BACKWARD) if one.index > freeze.index and one.surely]
    if not forward or not backward or forward[0].loops != backward[0].loops or backward[0].contexts:
        return False
    return bool(forward[0].loops) or len(forward) > 1
