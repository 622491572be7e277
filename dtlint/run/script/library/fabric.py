"""`fabric.launch(main, …)` of Lightning: every process calls the function, with Fabric in front of what is given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dtlint.run.script.call import Arguments
from dtlint.run.script.library.handler import Function
from dtlint.run.script.objects import BoundMethod, FunctionObject, Thing

if TYPE_CHECKING:
    from dtlint.run.script.apply import Caller

LAUNCH: Final = "lightning.fabric.Fabric.launch"


def _launch(machine: Caller, call: Arguments) -> Thing | None:
    fabric, *given = call.positional
    function = machine.settle(call.given(1, "function"))
    if not isinstance(function, FunctionObject | BoundMethod):
        return None
    event = machine.record(LAUNCH, call.at, call.func_at, tuple(given), call.keywords, call.open, fabric, call.places)
    machine.initialise(event)
    keywords = {name: thing for name, thing in call.keywords.items() if name != "function"}
    event.result = machine.call(function, Arguments(call.at, call.func_at, (fabric, *given[1:]), keywords, call.open))
    return event.result


FUNCTIONS: Final[dict[str, Function]] = {LAUNCH: _launch}
