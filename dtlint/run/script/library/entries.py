"""Functions that are command-line entries: what their decorators declare, and what they are called with.

Click: `Command.__call__`, `Command.main` and `OptionParser` of click/core.py and click/parser.py (8.x): options are not
abbreviated, unknown ones end the program, and `main` ends it after the function.  Hydra hands over a configuration
(`dtlint.run.script.library.configs`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dtlint.run.script.call import Arguments
from dtlint.run.script.library import click, hydra
from dtlint.run.script.library.handler import Function, Method
from dtlint.run.script.objects import FunctionObject, Instance, Thing, as_value
from dtlint.run.script.trace import Event

if TYPE_CHECKING:
    from dtlint.run.script.apply import Caller

_COMMANDS: Final = frozenset(("command", "group", "callback"))
"""Last names of decorators after which a function is called without arguments."""


def decorate(function: FunctionObject, name: str, event: Event | None) -> None:
    """Note on `function` what a decorator of the canonical `name`, made by `event`, makes of it."""
    if event is not None:
        function.declared = (*function.declared, event)
    last = name.rpartition(".")[2]
    if name in (hydra.MAIN, f"{hydra.MAIN}.__call__"):
        function.command = hydra.MAIN
        return
    if last not in _COMMANDS and last != "main":
        return
    receiver = event.receiver if event is not None else None
    if isinstance(receiver, Instance) and receiver.is_a("typer.Typer"):
        return
    if isinstance(receiver, FunctionObject) and receiver.command:
        function.command = f"click.{last}"
        receiver.commands[click.command_name(function, event)] = function
        return
    function.command = name


def entered(machine: Caller, function: FunctionObject, arguments: Arguments) -> Thing | None:
    """What calling a command-line entry comes to; None where it is a call like any other."""
    if function.command.startswith("click."):
        return click.enter(machine, function, arguments)
    if function.command == hydra.MAIN:
        return hydra.enter(machine, function, arguments)
    return None


def _decorate(machine: Caller, call: Arguments) -> Thing | None:
    """An option's decorator is applied, be it by `@` or by a function that collects several."""
    decorator, *rest = call.positional
    if len(rest) != 1 or not isinstance(rest[0], FunctionObject) or not isinstance(decorator, Instance):
        return None
    event = decorator.made_by
    if event is not None:
        decorate(rest[0], event.name, event)
        rest[0].marks = rest[0].marks | {event.name}
    return rest[0]


def _main(machine: Caller, receiver: Thing, call: Arguments) -> Thing | None:
    """`command.main(args=…)`."""
    return machine.call(receiver, call)


def _callback(machine: Caller, receiver: Thing, call: Arguments) -> Thing | None:
    """`command.callback(…)`: the function itself."""
    assert isinstance(receiver, FunctionObject)
    return machine.run_function(receiver, call)


def _add_command(machine: Caller, receiver: Thing, call: Arguments) -> Thing | None:
    command = machine.settle(call.given(0, "cmd"))
    assert isinstance(receiver, FunctionObject)
    if isinstance(command, FunctionObject):
        stated = call.get(1, "name")
        name = as_value(stated).string if stated is not None else click.command_name(command, None)
        if name is not None:
            receiver.commands[name] = command
    return None


def _invoke(machine: Caller, call: Arguments) -> Thing | None:
    """`context.invoke(command, …)`: the function, and its options' defaults for what is not given."""
    callee = machine.settle(call.positional[1]) if len(call.positional) > 1 else None
    if not isinstance(callee, FunctionObject):
        return None
    given = Arguments(call.at, call.func_at, call.positional[2:], call.keywords, call.open)
    if not callee.command:
        return machine.call(callee, given)
    return click.invoke(machine, callee, given)


FUNCTIONS: Final[dict[str, Function]] = {
    **{f"{name}.__call__": _decorate for name in click.DECORATORS},
    f"{hydra.MAIN}.__call__": _decorate,
    "click.Context.invoke": _invoke,
}

METHODS: Final[dict[str, Method]] = {"main": _main, "callback": _callback, "add_command": _add_command}
