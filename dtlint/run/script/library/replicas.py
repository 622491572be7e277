"""What a strategy of tf.distribute calls: the function of `strategy.run`, once for each replica, and that of a data
set, once in each worker."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dtlint.run.effects.tensorflow import DEALS, REPLICATING, STRATEGY
from dtlint.run.script.call import Arguments
from dtlint.run.script.flows import Facets
from dtlint.run.script.library.handler import Function
from dtlint.run.script.objects import BoundMethod, DictObject, FunctionObject, Instance, ListObject, Thing
from dtlint.value import Reach

if TYPE_CHECKING:
    from dtlint.run.script.apply import Caller


def _run(machine: Caller, call: Arguments) -> Thing | None:
    """What each replica gives is not known afterwards, as several of them do."""
    receiver, *given = call.positional
    function = machine.settle(call.given(1, "fn"))
    arguments, keywords = machine.settle(call.given(2, "args")), machine.settle(call.given(3, "kwargs"))
    if call.open or not isinstance(function, FunctionObject | BoundMethod):
        return None
    listed = isinstance(arguments, ListObject) and arguments.complete
    named = isinstance(keywords, DictObject) and keywords.complete
    if (call.get(2, "args") is not None and not listed) or (call.get(3, "kwargs") is not None and not named):
        return None
    strategy = receiver.cls if isinstance(receiver, Instance) and isinstance(receiver.cls, str) else STRATEGY
    event = machine.record(
        f"{strategy}.run", call.at, call.func_at, tuple(given), call.keywords, call.open, receiver, call.places
    )
    machine.call(
        function,
        Arguments(
            call.at,
            call.func_at,
            tuple(arguments.items) if isinstance(arguments, ListObject) else (),
            {str(key): value for key, value in keywords.entries.items()} if isinstance(keywords, DictObject) else {},
        ),
    )
    event.result = machine.unread("what the replicas give", Facets(Reach.UNSEEN, Reach.UNSEEN), event)
    return event.result


def _dataset(machine: Caller, call: Arguments) -> Thing | None:
    """`strategy.distribute_datasets_from_function(make)`: each worker calls it, with what it is told of itself."""
    receiver, *given = call.positional
    function = machine.settle(call.given(1, "dataset_fn"))
    if call.open or not isinstance(function, FunctionObject | BoundMethod) or not isinstance(receiver, Instance):
        return None
    event = machine.record(
        f"{receiver.cls}.{DEALS[0]}",
        call.at,
        call.func_at,
        tuple(given),
        call.keywords,
        call.open,
        receiver,
        call.places,
    )
    context = machine.unread("the input context", Facets(Reach.UNSEEN, Reach.UNSEEN), event)
    machine.call(function, Arguments(call.at, call.func_at, (context,), {}))
    event.result = machine.unread("what the workers get", Facets(Reach.UNSEEN, Reach.UNSEEN), event)
    return event.result


FUNCTIONS: Final[dict[str, Function]] = {
    **{f"{strategy}.run": _run for strategy in REPLICATING},
    **{f"{strategy}.{name}": _dataset for strategy in REPLICATING for name in DEALS},
}
