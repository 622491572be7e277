"""`LightningCLI(Model, DataModule)`: what it makes of its command line, and the call of the Trainer with which it ends.

`LightningCLI` of lightning/pytorch/cli.py, which reads options and files with jsonargparse; held against Lightning 2.6
and jsonargparse 4.53: what stands later on the command line holds, files among it, and a section of one file is filled
up by the next, and a last `"$@"` is empty where the script is started as it stands (presumption 3); it seeds, makes the
module, the data module and the Trainer, and calls the subcommand.  A class that is built on it may declare, link and
set more, and is not followed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dtlint.record import record
from dtlint.run.script.call import Arguments
from dtlint.run.script.library.documents import document
from dtlint.run.script.library.handler import Function
from dtlint.run.script.objects import (
    ClassObject,
    DictObject,
    External,
    Instance,
    ListObject,
    Thing,
    as_value,
    listing,
    mapping,
)
from dtlint.run.word import Word
from dtlint.source import Span
from dtlint.tools.overrides import from_outside
from dtlint.value import How, Scalar, Step, Value, known, unknown

if TYPE_CHECKING:
    from dtlint.run.script.apply import Caller

CLI: Final = "lightning.pytorch.cli.LightningCLI"
_TRAINER: Final = "lightning.pytorch.Trainer"
_SEED: Final = "lightning.pytorch.seed_everything"
_COMMANDS: Final = ("fit", "validate", "test", "predict")
_FILES: Final = ("-c", "--config")
_SECTIONS: Final = ("trainer", "model", "data")
_ELSEWHERE: Final = ("args", "parser_kwargs", "parser_class")
"""Parameters with which something else may be read."""
_DEEPEST: Final = 6
"""Objects within objects of a configuration."""


@record(eq=False)
class _Settings:
    command: str
    """Empty where the script calls the Trainer itself (`run=False`)."""
    sections: dict[str, dict[str, Thing]]
    """What is said of each of the objects that are made."""
    seed: Thing | None


def _cli(machine: Caller, call: Arguments) -> Thing | None:
    settings = _settings(machine, call)
    if settings is None:
        return None
    makers = {
        "model": _maker(machine, call, settings, 0, "model"),
        "data": _maker(machine, call, settings, 1, "data"),
        "trainer": machine.settle(call.given(None, "trainer_class", known(None))),
    }
    if isinstance(makers["trainer"], Value):
        makers["trainer"] = External(_TRAINER)
    if makers["model"] is None or any(isinstance(maker, Value) and not _none(maker) for maker in makers.values()):
        return None
    event = machine.record(CLI, call.at, call.func_at, call.positional, call.keywords, call.open, None, call.places)
    cli = Instance(CLI, made_by=event, complete=False)
    event.result = cli
    if settings.seed is not None:
        machine.call(machine.imported(_SEED), Arguments(call.at, call.func_at, (settings.seed,)))
    for name, maker in makers.items():
        if maker is not None and not isinstance(maker, Value):
            made = machine.call(maker, _arguments(machine, call, settings.sections[name]))
            cli.attributes["datamodule" if name == "data" else name] = made
    if settings.command:
        handed = {name: thing for name, thing in cli.attributes.items() if name != "trainer"}
        method = machine.attribute(cli.attributes["trainer"], settings.command, call.at)
        machine.call(method, Arguments(call.at, call.func_at, (), handed))
    return cli


def _none(thing: Thing) -> bool:
    return isinstance(thing, Value) and thing.known and thing.constant is None


def _maker(machine: Caller, call: Arguments, settings: _Settings, position: int, name: str) -> Thing | None:
    """The class of the module or of the data module, given by the script or by its path; None where it is not known.

    `known(None)` for a data module that there is none of.
    """
    given = machine.settle(call.given(position, f"{'datamodule' if name == 'data' else name}_class", known(None)))
    by_path = machine.settle(call.given(None, f"subclass_mode_{name}", known(False)))
    section = settings.sections[name]
    if isinstance(given, ClassObject | External) and machine.decide(by_path) is False:
        return given
    if not isinstance(given, ClassObject | External) and not _none(given):
        return None
    path = as_value(section.pop("class_path")) if "class_path" in section else None
    if path is None or path.string is None:
        return known(None) if path is None and name == "data" and not section and _none(given) else None
    inside = section.pop("init_args", mapping({}))
    if not isinstance(inside, DictObject) or not inside.complete:
        return None
    section.update({str(key): entry for key, entry in inside.entries.items()})
    if "." not in path.string and isinstance(given, ClassObject) and given.name == path.string:
        return given
    return machine.imported(path.string)


def _arguments(machine: Caller, call: Arguments, section: dict[str, Thing]) -> Arguments:
    keywords = {name: _built(machine, call, entry, _DEEPEST) for name, entry in section.items()}
    places: dict[str | int, Span] = {}
    for name, entry in section.items():
        value = as_value(entry)
        if value.trail:
            places[name] = value.trail[0].at
    return Arguments(call.at, call.func_at, (), keywords, False, places)


def _built(machine: Caller, call: Arguments, entry: Thing, depth: int) -> Thing:
    """An entry with `class_path` stands for an object of that class."""
    if isinstance(entry, ListObject) and depth:
        return listing("list", tuple([_built(machine, call, item, depth - 1) for item in entry.items]), entry.complete)
    path = as_value(entry.entries.get("class_path", known(None))).string if isinstance(entry, DictObject) else None
    if path is None or not isinstance(entry, DictObject) or not depth:
        return entry
    inside = entry.entries.get("init_args", mapping({}))
    given: dict[str, Thing] = {}
    if isinstance(inside, DictObject):
        given = {str(key): _built(machine, call, part, depth - 1) for key, part in inside.entries.items()}
    more = not isinstance(inside, DictObject) or not inside.complete
    return machine.call(machine.imported(path), Arguments(call.at, call.func_at, (), given, more))


def _settings(machine: Caller, call: Arguments) -> _Settings | None:
    """None where the command line, or a file that it names, is not known."""
    words = machine.context.arguments
    told = any(not _none(machine.settle(call.given(None, name, known(None)))) for name in _ELSEWHERE)
    runs = machine.decide(machine.settle(call.given(None, "run", known(True))))
    if words and from_outside(words[-1]):
        words = words[:-1]
    if words is None or call.open or told or runs is None or any(word.many for word in words):
        return None
    named = words[0].string if runs and words else ""
    if named is None or (runs and named not in _COMMANDS):
        return None
    defaults = machine.settle(call.given(None, "trainer_defaults", known(None)))
    sections: dict[str, dict[str, Thing]] = {name: {} for name in _SECTIONS}
    if isinstance(defaults, DictObject) and defaults.complete:
        sections["trainer"].update({str(key): entry for key, entry in defaults.entries.items()})
    elif not _none(defaults):
        return None
    reading = _Reading(machine, sections, call.given(None, "seed_everything_default", known(True)))
    return _Settings(named, sections, reading.seeding()) if reading.all(list(words[1:] if runs else words)) else None


class _Reading:
    """The command line, in its order."""

    def __init__(self, machine: Caller, sections: dict[str, dict[str, Thing]], seed: Thing) -> None:
        self._machine, self._sections, self._seed = machine, sections, seed

    def all(self, words: list[Word]) -> bool:
        while words:
            word = words.pop(0)
            name, equals, _ = word.head.partition("=")
            if not name.startswith("-") or (word.string is None and not equals):
                return False
            given = word.cut(len(name) + 1) if equals else words.pop(0) if words else None
            if given is None or name.startswith("--print_config"):
                return False
            written = word.written if equals else f"{word.written} {given.written}"
            if not self._option(name, given, Step(How.OPTION, written, word.at)):
                return False
        return True

    def _option(self, name: str, given: Word, step: Step) -> bool:
        if name in _FILES:
            return self._file(given)
        section, _, key = name[2:].partition(".")
        value = given.value.because(step).mapped(key or section, _scalar)
        if section == "seed_everything":
            self._seed = value
        elif section in _SECTIONS and not key:
            # The path of a class, or of a file with the section.
            if section == "trainer" or value.string is None or value.string.endswith((".yaml", ".yml", ".json")):
                return False
            self._sections[section]["class_path"] = value
        elif section in _SECTIONS:
            outer, _, inner = key.rstrip("+").partition(".")
            if inner or key.endswith("+") or str(value).startswith(("[", "{")):
                value = unknown(key, key=("lightning option", step.at))
            self._sections[section][outer] = value
        return True

    def _file(self, path: Word) -> bool:
        found = document(self._machine, path.value)
        if not isinstance(found, DictObject) or not found.complete:
            return False
        for name, section in self._sections.items():
            written = found.entries.get(name)
            if isinstance(written, DictObject) and written.complete:
                for key, entry in written.entries.items():
                    section[str(key)] = self._over(section.get(str(key)), entry)
            elif written is not None and not _none(written):
                return False
        self._seed = found.entries.get("seed_everything", self._seed)
        return True

    def _over(self, before: Thing | None, entry: Thing) -> Thing:
        """Of two sections the second may fill up the first; what is to be filled in is not known."""
        if isinstance(before, DictObject) and isinstance(entry, DictObject):
            return unknown("a section of two files", key=("lightning section", before.serial, entry.serial))
        value = as_value(entry)
        return unknown(str(value), key=("lightning hole", *value.trail)) if "${" in (value.string or "") else entry

    def seeding(self) -> Thing | None:
        """The seed, the same in all processes; None where nothing is seeded."""
        seed = as_value(self._seed)
        if seed.known and seed.constant is False:
            return None
        if seed.known and seed.constant is True:
            return unknown("the seed", key=("lightning seed", self._machine.context.scope), whole=True)
        return seed


def _scalar(scalar: Scalar) -> Scalar:
    """As YAML reads the text of an option."""
    text = str(scalar)
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    if text in ("null", "~"):
        return None
    for read in (int, float):
        try:
            return read(text)
        except ValueError:
            continue
    return scalar


FUNCTIONS: Final[dict[str, Function]] = {CLI: _cli}
