"""absl's flags on paper: `flags.DEFINE_integer("steps", 10, …)`, `FLAGS.steps`, `app.run(main)`.

absl/flags/_flagvalues.py: `--name=value`, `--name value`, with one dash too, `--noname` for a switch.  Any module may
define flags, so an option that is not listed may be accepted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dtlint.run.script.call import Arguments
from dtlint.run.script.library.argument_parser import bind, words_of
from dtlint.run.script.library.handler import Attribute, Function
from dtlint.run.script.objects import FunctionObject, Instance, Partial, Thing, as_value, listing
from dtlint.run.script.trace import Option, ParserFacts
from dtlint.source import Span
from dtlint.value import absent, known

if TYPE_CHECKING:
    from dtlint.run.script.apply import Caller

_HOLDER: Final = "absl.flags.FlagHolder"
FLAGS: Final = ("absl.flags.FLAGS", "tensorflow.flags.FLAGS")
_KEY: Final = -1
"""The one parser of flags among the parsers of a run, which go by their object's serial."""
_KINDS: Final = {
    "integer": "int", "float": "float", "string": "str", "bool": "bool", "boolean": "bool", "enum": "str",
    "list": "list", "spaceseplist": "list", "multi_string": "str", "multi_integer": "int", "multi_float": "float",
}  # fmt: skip


def _facts(machine: Caller) -> ParserFacts:
    facts = machine.parsers.get(_KEY)
    if facts is None:
        facts = machine.parsers[_KEY] = ParserFacts("absl", machine.nowhere, open=True)
        machine.run.parsers.append(facts)
    return facts


def _define(kind: str) -> Function:
    def define(machine: Caller, call: Arguments) -> Thing | None:
        name = as_value(call.given(0, "name")).string
        default = call.get(1, "default")
        if name is None:
            return None
        switch = _KINDS[kind] == "bool"
        many = kind.startswith("multi")
        listed = _KINDS[kind] == "list"
        names = (f"--{name}", f"-{name}", *((f"--no{name}", f"-no{name}") if switch else ()))
        option = Option(
            names=names,
            dest=name,
            at=call.at,
            default=absent() if default is None else as_value(default),
            default_at=call.places.get("default", call.places.get(1)),
            action="?" if listed else "boolean" if switch else "append" if many else "store",
            type=None if listed else machine.external(_KINDS[kind]),
            default_thing=default,
            negative=names[2:],
        )
        _facts(machine).options.append(option)
        return Instance(_HOLDER, {"name": known(name)}, complete=False)

    return define


def flag(machine: Caller, name: str) -> Thing | None:
    """What the flag holds once the command line is read; None if it is none of those that were seen."""
    facts = _facts(machine)
    found = next((option for option in facts.options if option.dest == name), None)
    if found is None:
        return None
    if name in facts.defaults:
        return facts.defaults[name]
    return bind(machine, facts, words_of(machine, None)).get(name)


def _attribute(machine: Caller, owner: Thing, name: str, at: Span) -> Thing | None:
    return flag(machine, name)


def store(machine: Caller, name: str, thing: Thing) -> None:
    """`FLAGS.name = …`."""
    machine.heap.store(_facts(machine).defaults, name, thing)


def _held(machine: Caller, owner: Thing, name: str, at: Span) -> Thing | None:
    """`HOLDER.value`."""
    held = as_value(owner.attributes["name"]).string if isinstance(owner, Instance) and name == "value" else None
    return flag(machine, held) if held is not None else None


def _run(machine: Caller, call: Arguments) -> Thing | None:
    """`app.run(main)`: it reads the flags, calls `main(argv)` and ends the program with its result.

    TensorFlow 1's `app.run()` takes the `main` of the script that was started.
    """
    given = call.get(0, "main") or machine.main()
    function = machine.settle(given) if given is not None else None
    if not isinstance(function, FunctionObject | Partial):
        machine.run.unread = True
        return None
    facts = machine.parsers.get(_KEY)
    if facts is not None:
        facts.parsed_at = call.at
    machine.call(function, Arguments(call.at, call.func_at, (listing("list", (), False),)))
    return machine.leave()


FUNCTIONS: Final[dict[str, Function]] = {
    **{
        f"{module}.DEFINE_{kind}": _define(kind)
        for kind in _KINDS
        for module in ("absl.flags", "tensorflow.compat.v1.flags", "tensorflow.flags", "tensorflow.app.flags")
    },
    "absl.app.run": _run,
    "tensorflow.app.run": _run,
}

ATTRIBUTES: Final[dict[str, Attribute]] = {**dict.fromkeys(FLAGS, _attribute), _HOLDER: _held}
