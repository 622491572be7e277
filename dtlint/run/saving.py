"""Whose weights a call saves, and whether it surely comes to the call."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from typing import Final

from dtlint.run.effects import Effect
from dtlint.run.script.objects import DictObject, ExternalMethod, Instance, Thing, Unread, as_value, maker
from dtlint.run.script.trace import Event, Fork, Node, Repeat, ScriptRun
from dtlint.value import Truth, every

_PREPARE: Final = ("accelerate.Accelerator.prepare", "accelerate.Accelerator.prepare_model")
_STATES: Final = ("state_dict", "module_state_dict")
_PRETRAINED: Final = ("from_pretrained", "from_config")


def happens(event: Event) -> Truth:
    """The undecided conditions around the call turn out so that it is made."""
    return every(fork.condition if side == 0 else ~fork.condition for fork, side in event.branches)


def answered(run: ScriptRun, event: Event) -> bool:
    """The script tests what the call gives, or catches what it raises."""
    around = [fork for fork, _ in event.branches]
    places = (event.at, *event.stack)
    answer = {symbol.key for symbol in as_value(event.result).symbols()} if event.result is not None else set()

    def asks(fork: Fork) -> bool:
        if any(fork.at.overlaps(place) for place in places):
            return True
        return any(_made_of(symbol.key, answer) for symbol in fork.value.symbols())

    return any(fork not in around and asks(fork) for fork in _forks(run.trace))


def _made_of(key: object, wanted: set[Hashable]) -> bool:
    """A symbol's key is one of these, or names one: that of `not x` names x."""
    return key in wanted or (isinstance(key, tuple) and any(_made_of(part, wanted) for part in key))


def _forks(nodes: Sequence[Node]) -> Iterator[Fork]:
    for node in nodes:
        match node:
            case Fork():
                yield node
                yield from _forks((*node.then, *node.otherwise))
            case Repeat():
                yield from _forks(node.body)
            case _:
                pass


def wrapped(run: ScriptRun) -> list[tuple[Event, Thing]]:
    """The calls that put a model under DeepSpeed's or accelerate's engine, each with a thing that it was given."""
    found = []
    for event in run.called("deepspeed.initialize", *_PREPARE):
        things = (event.thing("model"),) if event.name == "deepspeed.initialize" else event.positional
        found += [(event, thing) for thing in things if thing is not None]
    return found


def pretrained(thing: Thing) -> bool:
    """A whole model as a library makes it, with embeddings or convolutions of the usual sizes."""
    made = maker(thing)
    return made is not None and made.method in _PRETRAINED and not made.name.startswith("peft.")


def unwrapped(thing: Thing | None) -> Thing | None:
    """What an engine holds: `engine.module` and `engine` stand for the model that it was made of."""
    while isinstance(thing, ExternalMethod) and thing.method == "module":
        thing = thing.receiver
    if isinstance(thing, Instance) and thing.made_by is not None and thing.made_by.name == "deepspeed.initialize":
        return thing.made_by.thing("model")
    return thing


def saves_ungathered(event: Event, model: Thing) -> bool:
    """It writes the parameters of `model` as this process holds them."""
    row = event.row
    if row is None or Effect.SAVES not in row.effects or event.open:
        return False
    if event.method == "save_pretrained":
        given = event.thing("state_dict")
        return unwrapped(event.receiver) is model and (given is None or _state_of(given, model))
    return bool(row.subject) and _state_of(event.thing(row.subject), model)


def _state_of(thing: Thing | None, model: Thing) -> bool:
    match thing:
        case DictObject():
            return any(_state_of(entry, model) for entry in thing.entries.values())
        case Unread(made_by=Event() as made):
            return made.method in _STATES and not made.open and unwrapped(made.receiver) is model
        case _:
            return False
