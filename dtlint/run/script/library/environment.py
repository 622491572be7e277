"""`os.environ` in all its forms, and `sys.argv`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dtlint.run.environment import is_owned
from dtlint.run.script.call import Arguments
from dtlint.run.script.library.handler import Function
from dtlint.run.script.objects import DictObject, Thing, as_value, mapping
from dtlint.value import How, Step, Value, absent, known

if TYPE_CHECKING:
    from dtlint.run.script.apply import Caller


def _get(machine: Caller, call: Arguments) -> Thing | None:
    name = as_value(call.given(0, "key")).string
    if name is None:
        return machine.read_unnamed(call.at)
    default = call.get(1, "default")
    value = machine.read_environment(name, call.at, default if default is not None else known(None), required=False)
    if value.is_absent:
        if default is None:
            return known(None, Step(How.ENVIRONMENT, f"{name} is not set", call.at))
        step = Step(How.DEFAULT, f"{name} is not set", call.at)
        return default.because(step) if isinstance(default, Value) else default
    if default is not None and machine.open_name(name, value) and not is_owned(name):
        # Presumption 3: nothing that was read sets it.
        step = Step(How.PRESUMED, f"unless {name} is set", call.at)
        return default.because(step) if isinstance(default, Value) else default
    return value


def _set_default(machine: Caller, call: Arguments) -> Thing | None:
    name = as_value(call.given(0, "key")).string
    if name is None:
        return machine.read_unnamed(call.at)
    default = as_value(call.given(1, "value"))
    value = machine.read_environment(name, call.at, default, required=False)
    if not value.is_absent and machine.open_name(name, value) and not is_owned(name):
        machine.write_environment(name, default, call.at, default=True)
        presumed = default.because(Step(How.PRESUMED, f"unless {name} is set", call.at))
        machine.heap.store(machine.environment, name, presumed)
        return presumed
    machine.write_environment(name, default, call.at, default=True)
    return default if value.is_absent else value


def _update(machine: Caller, call: Arguments) -> Thing | None:
    entries: dict[str, Thing] = dict(call.keywords)
    given = call.positional[0] if call.positional else None
    if isinstance(given, DictObject):
        entries.update({str(key): thing for key, thing in given.entries.items()})
    if given is not None and not (isinstance(given, DictObject) and given.complete):
        machine.open_environment()
    for name, thing in entries.items():
        machine.write_environment(name, as_value(thing), call.at)
    return known(None)


def _pop(machine: Caller, call: Arguments) -> Thing | None:
    name = as_value(call.given(0, "key")).string
    if name is None:
        return machine.read_unnamed(call.at)
    default = call.get(1)
    value = machine.read_environment(name, call.at, default, required=default is None)
    machine.write_environment(name, absent(), call.at)
    return value if not value.is_absent else (default if default is not None else known(None))


def _put(machine: Caller, call: Arguments) -> Thing | None:
    name = as_value(call.given(0, "key")).string
    if name is None:
        machine.open_environment()
    else:
        machine.write_environment(name, as_value(call.given(1, "value")), call.at)
    return known(None)


def _copy(machine: Caller, call: Arguments) -> Thing | None:
    machine.run.reads_unknown_names = True
    names = {*machine.context.environment, *machine.environment}
    entries: dict[str | int | float | bool | None, Thing] = {}
    for name in sorted(names):
        value = machine.environment.get(name, machine.context.environment.get(name))
        if not value.is_absent:
            entries[name] = value
    return mapping(entries, False)


FUNCTIONS: Final[dict[str, Function]] = {
    "os.environ.get": _get, "os.getenv": _get, "os.environ.setdefault": _set_default, "os.environ.update": _update,
    "os.environ.pop": _pop, "os.putenv": _put, "os.environ.copy": _copy,
}  # fmt: skip
