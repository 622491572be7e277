"""argparse on paper: what options a parser accepts, and what each gets from the command line that is known."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from dtlint.run.script.call import Arguments
from dtlint.run.script.library.handler import Function, Method
from dtlint.run.script.objects import (
    External,
    Instance,
    ListObject,
    Thing,
    as_value,
    listing,
)
from dtlint.run.script.operators import derived
from dtlint.run.script.state import Left, Raised
from dtlint.run.script.trace import Option, ParserFacts
from dtlint.run.word import Word, valued
from dtlint.value import How, Scalar, Step, Value, absent, known, one_of, unknown

if TYPE_CHECKING:
    from dtlint.run.script.apply import Caller

PARSER: Final = "argparse.ArgumentParser"
GROUP: Final = "argparse._ArgumentGroup"
_NUMBER: Final = re.compile(r"^-\d+$|^-\d*\.\d+$")
_CONVERTERS: Final = frozenset(
    ("int", "float", "bool", "pathlib.Path", "click.BOOL", "fire.parser.DefaultParseValue", "absl.flags.BooleanParser")
)
"""Types of options that are modelled."""
_FLAGS: Final = {"store_true": True, "store_false": False}
_OWN: Final = re.compile(
    r"rank|node|proc|worker|index|shard|part|chunk|split|host|role|device|gpu|port|seed|(?:^|[_-])(?:idx?|task)(?:$|[_-])",
    re.IGNORECASE,
)
"""Names of options that may well be given to each process apart."""


def facts_of(machine: Caller, parser: Thing) -> ParserFacts:
    """What is known of a parser, a group or the like; made when it is first asked for."""
    assert isinstance(parser, Instance)
    owner = parser.attributes.get("__parser__")
    if isinstance(owner, Instance):
        return facts_of(machine, owner)
    facts = machine.parsers.get(parser.serial)
    if facts is None:
        at = parser.made_by.at if parser.made_by is not None else machine.stack[-1] if machine.stack else None
        facts = ParserFacts("argparse", at if at is not None else machine.nowhere)
        machine.parsers[parser.serial] = facts
        machine.run.parsers.append(facts)
    return facts


def _make(machine: Caller, call: Arguments) -> Thing | None:
    event = machine.record(
        PARSER, call.at, call.func_at, call.positional, call.keywords, call.open, None, call.places
    )
    parser = Instance(PARSER, made_by=event, complete=False)
    facts = facts_of(machine, parser)
    parents = call.get(None, "parents")
    if isinstance(parents, ListObject):
        for parent in parents.items:
            if isinstance(parent, Instance):
                inherited = facts_of(machine, parent)
                facts.options += inherited.options
                facts.defaults.update(inherited.defaults)
                facts.open = facts.open or inherited.open
                inherited.parsed_at = inherited.parsed_at or call.at
            else:
                facts.open = True
    elif parents is not None:
        facts.open = True
    if call.get(None, "fromfile_prefix_chars") is not None:
        facts.open = True
    return parser


def _begin(machine: Caller, call: Arguments) -> Thing | None:
    """`super().__init__(…)` of a class that derives from the parser."""
    if call.positional and isinstance(call.positional[0], Instance):
        facts_of(machine, call.positional[0])
    return known(None)


def _add_argument(machine: Caller, receiver: Thing, call: Arguments) -> Thing | None:
    facts = facts_of(machine, receiver)
    names = tuple([as_value(thing).string or "" for thing in call.positional])
    if not names or not all(names) or call.open:
        facts.open = True
        return Instance("argparse.Action", complete=False)
    facts.options.append(_option(machine, names, call))
    return Instance("argparse.Action", {"dest": known(facts.options[-1].dest)}, complete=False)


def _option(machine: Caller, names: tuple[str, ...], call: Arguments) -> Option:
    stated = call.get(None, "dest")
    dest = as_value(stated).string if stated is not None else None
    if dest is None:
        long = next((name for name in names if name.startswith("--")), names[0])
        dest = long.lstrip("-").replace("-", "_") if names[0].startswith("-") else names[0]
    action_thing = call.get(None, "action")
    action = "store"
    negative: tuple[str, ...] = ()
    if isinstance(action_thing, Value):
        action = action_thing.string or "?"
    elif isinstance(action_thing, External) and action_thing.name.endswith("BooleanOptionalAction"):
        action = "boolean"
    elif action_thing is not None:
        action = "?"
    if action == "boolean":
        negative = tuple([name.replace("--", "--no-", 1) for name in names if name.startswith("--")])
        names = (*names, *negative)
    default = call.get(None, "default")
    choices_thing = call.get(None, "choices")
    choices: tuple[Scalar, ...] = ()
    if choices_thing is not None:
        values = [as_value(item) for item in machine.items_of(choices_thing, 100) or ()]
        if values and all(value.known for value in values):
            choices = tuple([value.constant for value in values])
    nargs = call.get(None, "nargs")
    required = call.get(None, "required")
    return Option(
        names=names,
        dest=dest,
        at=call.at,
        default=absent() if default is None else as_value(default),
        default_at=call.places.get("default"),
        action=action,
        nargs=absent() if nargs is None else as_value(nargs),
        choices=choices,
        required=required is not None and machine.decide(required) is not False,  # what may be required may be given
        type=call.get(None, "type"),
        default_thing=default,
        constant=call.get(None, "const"),
        negative=negative,
    )


def _group(machine: Caller, receiver: Thing, call: Arguments) -> Thing | None:
    return Instance(GROUP, {"__parser__": receiver}, complete=False)


def _subparsers(machine: Caller, receiver: Thing, call: Arguments) -> Thing | None:
    facts = facts_of(machine, receiver)
    dest = call.get(None, "dest")
    name = as_value(dest).string if dest is not None else None
    facts.options.append(Option((name or "command",), name or "command", call.at, absent(), None))
    return Instance(GROUP, {"__parser__": receiver}, complete=False)


def _add_parser(machine: Caller, receiver: Thing, call: Arguments) -> Thing | None:
    """A sub-command's options are added to those of the whole: what one command accepts is not told from another's."""
    return Instance(GROUP, {"__parser__": receiver}, complete=False)


def _set_defaults(machine: Caller, receiver: Thing, call: Arguments) -> Thing | None:
    facts_of(machine, receiver).defaults.update(call.keywords)
    return known(None)


def _get_default(machine: Caller, receiver: Thing, call: Arguments) -> Thing | None:
    name = as_value(call.given(0, "dest")).string
    for option in facts_of(machine, receiver).options:
        if option.dest == name:
            return option.default.or_default(known(None))
    return None


def _error(machine: Caller, receiver: Thing, call: Arguments) -> Thing | None:
    raise Left


def _parse(machine: Caller, receiver: Thing, call: Arguments) -> Thing | None:
    facts = facts_of(machine, receiver)
    return namespace(machine, facts, receiver, call)


def _parse_known(machine: Caller, receiver: Thing, call: Arguments) -> Thing | None:
    facts = facts_of(machine, receiver)
    facts.open = True
    return listing("tuple", (namespace(machine, facts, receiver, call), listing("list", (), False)))


def namespace(machine: Caller, facts: ParserFacts, parser: Thing, call: Arguments) -> Instance:
    """What parsing gives: one attribute for each destination."""
    facts.parsed_at = facts.parsed_at or call.at
    if isinstance(parser, Instance) and parser.unseen:
        facts.open = True
    words = words_of(machine, call.get(0, "args"))
    values = bind(machine, facts, words)
    result = Instance("argparse.Namespace", values, complete=not facts.open or _closed(facts, parser))
    target = call.get(1, "namespace")
    if isinstance(target, Instance):
        for name, thing in values.items():
            machine.heap.store(target.attributes, name, thing)
        return target
    return result


def _closed(facts: ParserFacts, parser: Thing) -> bool:
    """Open only because the rest of the command line may pass, not because options may be missing here."""
    return not (isinstance(parser, Instance) and parser.unseen)


def words_of(machine: Caller, given: Thing | None) -> tuple[Word, ...] | None:
    """The words that are parsed: those of the command line unless the call names others."""
    if given is None or (isinstance(given, Value) and given.known and given.constant is None):
        return machine.context.arguments
    if isinstance(given, ListObject) and given.complete:
        return tuple([valued(as_value(item).as_text(), machine.nowhere) for item in given.items])
    return machine.context.arguments if isinstance(given, External) else None


def bind(
    machine: Caller, facts: ParserFacts, words: tuple[Word, ...] | None, left: list[Word] | None = None
) -> dict[str, Thing]:
    """What each destination gets; with `left`, the first word that is no option ends it, and goes there with the rest.
    """
    values: dict[str, Thing] = {}
    strings = {name: option for option in facts.options for name in option.names if name.startswith("-")}
    positionals = [option for option in facts.options if option.positional]
    given: dict[str, list[tuple[Option, str, list[Word], Word]]] = {}
    uncertain = words is None and not machine.context.defaults_hold
    rest: list[Word] = list(words or ())
    number = 0
    while rest:
        word = rest.pop(0)
        name, inline = _split_option(word, strings)
        if word.many or (name is None and word.string is None and not positionals[number:]):
            uncertain = True
            continue
        if name is None:
            if left is not None:
                left += (word, *rest)
                break
            if number < len(positionals):
                option = positionals[number]
                number += 1
                taken = [word]
                if option.nargs.string in ("*", "+", "...") or (option.nargs.integer or 1) > 1:
                    limit = (option.nargs.integer or 10_000) - 1
                    taken += _take(rest, strings, limit, option.nargs.string == "...")
                given.setdefault(option.dest, []).append((option, option.dest, taken, word))
            elif number and positionals[-1].nargs.string == "*" and not facts.abbreviates:
                # Click collects arguments from between the options.
                given[positionals[-1].dest][-1][2].append(word)
            else:
                facts.rejected.append(word)
            continue
        found = strings.get(name) or (_abbreviated(name, strings) if facts.abbreviates else None)
        if found is None:
            facts.rejected.append(word)
            # A parser that refuses ends the script.  What comes behind is looked at as if it had been understood.
            found = None if facts.open else _otherwise_spelled(name, strings)
        if found is None:
            continue
        taken = [inline] if inline is not None else []
        clustered = len(name) == 2 and not str(word.pieces[0].content).startswith(f"{name}=")
        if inline is not None and clustered and not _takes(found):
            # `-vx` is `-v -x`.
            taken, rest = [], [inline.behind("-"), *rest]
        if not taken and _takes(found) and name not in found.negative:
            taken = _take(rest, strings, _wanted(found), found.nargs.string == "...")
        given.setdefault(found.dest, []).append((found, name, taken, word))
    for option in facts.options:
        if option.action in ("help", "version"):
            continue
        uses = given.get(option.dest)
        if uses is not None:
            if any(use[0] is option for use in uses):
                values[option.dest] = _value_given(machine, uses)
        elif option.dest not in values:
            values[option.dest] = _value_missing(machine, facts, option, uncertain)
    for name, thing in facts.defaults.items():
        values.setdefault(name, thing)
    facts.parsed = {name: as_value(thing) for name, thing in values.items()}
    return values


def _otherwise_spelled(name: str, strings: dict[str, Option]) -> Option | None:
    """The option that differs in dashes and underscores alone."""
    spelled = name.replace("_", "-")
    return next((option for other, option in strings.items() if other.replace("_", "-") == spelled), None)


def _takes(option: Option) -> bool:
    return option.action in ("store", "append", "extend", "?")


def _wanted(option: Option) -> int:
    if option.nargs.is_absent:
        return 1
    if option.nargs.string == "?":
        return 1
    return option.nargs.integer if option.nargs.integer is not None else 10_000


def _take(rest: list[Word], strings: dict[str, Option], limit: int, everything: bool) -> list[Word]:
    taken: list[Word] = []
    while rest and len(taken) < limit:
        text = rest[0].string
        if not everything and text is not None and text.startswith("-") and len(text) > 1 and not _NUMBER.match(text):
            break
        if not everything and text is None and _split_option(rest[0], strings)[0] is not None:
            break
        if rest[0].many:
            break
        taken.append(rest.pop(0))
    return taken


def _split_option(word: Word, strings: dict[str, Option]) -> tuple[str | None, Word | None]:
    """The option that a word names, and what stands behind its `=`."""
    head = word.pieces[0].content if word.pieces else ""
    if not isinstance(head, str) or not head.startswith("-") or len(head) < 2 or _NUMBER.match(head):
        return None, None
    name, equals, _ = head.partition("=")
    if equals:
        return name, word.cut(len(name) + 1)
    if word.string is None:
        return name, None
    if not name.startswith("--") and name not in strings and name[:2] in strings:
        return name[:2], word.cut(2)
    return name, None


def _abbreviated(name: str, strings: dict[str, Option]) -> Option | None:
    if not name.startswith("--"):
        return None
    candidates = {option.dest: option for string, option in strings.items() if string.startswith(name)}
    return next(iter(candidates.values())) if len(candidates) == 1 else None


def _value_given(machine: Caller, uses: list[tuple[Option, str, list[Word], Word]]) -> Thing:
    option, name, taken, word = uses[-1]
    written = " ".join([word.written, *[one.written for one in taken if one.at != word.at]])
    step = Step(How.OPTION, written, taken[-1].at if taken else word.at)
    if option.action in _FLAGS:
        return known(_FLAGS[option.action], step)
    if option.action == "boolean" or name in option.negative:
        return known(name not in option.negative, step)
    if option.action in ("store_const", "append_const"):
        thing = option.constant if option.constant is not None else known(None)
        return thing.because(step) if isinstance(thing, Value) else thing
    if option.action == "count":
        return known(len(uses), step)
    if option.action == "append":
        items = [converted(machine, option, one, step) for use in uses for one in use[2]]
        return listing("list", tuple(items))
    if option.action == "?":
        return unknown(name, key=("option", machine.context.scope, option.dest, "given"), trail=(step,))
    if option.nargs.is_absent or (option.nargs.string == "?" and taken):
        if not taken:
            return unknown(name, key=("option", machine.context.scope, option.dest, "empty"), trail=(step,))
        return converted(machine, option, taken[0], step)
    if option.nargs.string == "?":
        thing = option.constant if option.constant is not None else known(None)
        return thing.because(step) if isinstance(thing, Value) else thing
    return listing("list", tuple([converted(machine, option, one, step) for one in taken]), True, (step,))


def converted(machine: Caller, option: Option, word: Word, step: Step) -> Thing:
    """A word as the option's type makes it."""
    return typed(machine, option, word.value.because(step))


def typed(machine: Caller, option: Option, value: Value) -> Thing:
    kind = option.type
    if kind is None or (isinstance(kind, Value) and kind.known):
        return value
    if isinstance(kind, External) and kind.name == "str":
        return value
    if isinstance(kind, External) and kind.name not in _CONVERTERS:
        return derived(kind.name, value)
    try:
        result = machine.call(kind, Arguments(option.at, option.at, (value,)))
    except Raised:
        return derived("a value that its type rejects", value)
    if isinstance(result, Value):
        return result.after(value.trail)
    return result


def _value_missing(machine: Caller, facts: ParserFacts, option: Option, uncertain: bool) -> Thing:
    if uncertain:
        return withheld(machine, option)
    if option.required:
        # Who starts the script gives it, whatever its default.
        return withheld(machine, option, everywhere=True)
    thing: Thing | None = facts.defaults.get(option.dest)
    if thing is None:
        thing = option.default_thing
    if thing is None:
        if option.positional and option.nargs.string not in ("?", "*"):
            return withheld(machine, option, everywhere=True)
        if option.action in _FLAGS:
            thing = known(not _FLAGS[option.action])
        else:
            thing = known(None)
    at = option.default_at or option.at
    if at in machine.context.given:
        return withheld(machine, option)
    step = Step(How.DEFAULT, f"{option.names[0]} is not given", at)
    if isinstance(thing, Value):
        if thing.string is not None and option.action == "store" and option.nargs.is_absent:
            made = typed(machine, option, thing)
            return made.because(step) if isinstance(made, Value) else made
        return thing.because(step)
    return thing


def withheld(machine: Caller, option: Option, everywhere: bool = False) -> Value:
    """An option of which nobody knows whether it is given, or what; `everywhere` to all processes the same, as one
    command does, but for what tells processes apart."""
    own = not everywhere or _OWN.search(option.dest)
    key = ("option", machine.context.scope if own else option.at, option.dest)
    if option.choices and option.nargs.is_absent and not option.default.is_absent:
        return one_of(option.choices)
    if option.action in _FLAGS or option.action == "boolean":
        return unknown(option.names[0], key=key, low=0, high=1, whole=True)
    whole = isinstance(option.type, External) and option.type.name == "int"
    return unknown(option.names[0], key=key, whole=whole)


def _deepspeed(machine: Caller, call: Arguments) -> Thing | None:
    """deepspeed.add_config_arguments (deepspeed/__init__.py, `_add_core_arguments`)."""
    parser = call.get(0, "parser")
    if not isinstance(parser, Instance):
        return None
    facts = facts_of(machine, parser)
    for name, action in (
        ("--deepspeed", "store_true"),
        ("--deepspeed_config", "store"),
        ("--deepscale", "store_true"),
        ("--deepscale_config", "store"),
    ):
        facts.options.append(Option((name,), name.lstrip("-"), call.at, absent(), None, action))
    return parser


FUNCTIONS: Final[dict[str, Function]] = {
    PARSER: _make,
    f"{PARSER}.__init__": _begin,
    "deepspeed.add_config_arguments": _deepspeed,
}

METHODS: Final[dict[str, Method]] = {
    "add_argument": _add_argument,
    "add_argument_group": _group,
    "add_mutually_exclusive_group": _group,
    "add_subparsers": _subparsers,
    "add_parser": _add_parser,
    "set_defaults": _set_defaults,
    "get_default": _get_default,
    "parse_args": _parse,
    "parse_known_args": _parse_known,
    "parse_intermixed_args": _parse,
    "error": _error,
}
