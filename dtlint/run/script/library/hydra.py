"""Functions that Hydra calls with a configuration: `@hydra.main(config_path="conf", config_name="train")`.

hydra/main.py and hydra/_internal/utils.py (`get_args_parser`) of hydra-core 1.3: the command line is read by argparse,
which refuses options that are not Hydra's; every other word is an override.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Final

from dtlint.run.composition import Composition, Tree
from dtlint.run.script.call import Arguments
from dtlint.run.script.library.argument_parser import bind
from dtlint.run.script.library.configs import config_of, resolved
from dtlint.run.script.library.handler import Function
from dtlint.run.script.objects import (
    DictObject,
    FunctionObject,
    Instance,
    ListObject,
    Partial,
    Thing,
    Unread,
    as_value,
    listing,
    mapping,
    things_of,
)
from dtlint.run.script.trace import Option, ParserFacts
from dtlint.run.word import Word
from dtlint.value import absent, known

if TYPE_CHECKING:
    from dtlint.run.script.apply import Caller

MAIN: Final = "hydra.main"
_DEEPEST: Final = 6
"""Objects within objects of a configuration."""
_OPTIONS: Final = (
    (("--config-path", "-cp"), "store"), (("--config-name", "-cn"), "store"), (("--config-dir", "-cd"), "store"),
    (("--package", "-p"), "store"), (("--experimental-rerun",), "store"), (("--info", "-i"), "store_true"),
    (("--cfg", "-c"), "store"), (("--multirun", "-m"), "store_true"), (("--run", "-r"), "store_true"),
    (("--resolve",), "store_true"), (("--hydra-help",), "store_true"), (("--version",), "store_true"),
    (("--help", "-h"), "store_true"), (("--shell-completion", "-sc"), "store_true"),
)  # fmt: skip


def enter(machine: Caller, function: FunctionObject, call: Arguments) -> Thing | None:
    """The function is called without a configuration: Hydra composes one and hands it over."""
    if call.positional or "cfg_passthrough" in call.keywords:
        return None
    context = machine.context
    words = context.arguments if context.arguments is not None or not context.defaults_hold else ()
    config = config_of(things_of(_composed(machine, function, call, words).value()), "omegaconf.DictConfig")
    machine.run_function(function, Arguments(call.at, call.func_at, (config,)))
    return known(None)


def _composed(
    machine: Caller, function: FunctionObject, call: Arguments, words: tuple[Word, ...] | None
) -> Tree:
    """What the function gets; anything may stand in it where something is not known."""
    facts = ParserFacts(MAIN, call.at, parsed_at=call.at)
    for names, action in _OPTIONS:
        facts.options.append(Option(names, names[0].lstrip("-").replace("-", "_"), call.at, absent(), None, action))
    machine.run.parsers.append(facts)
    options, overrides = _sorted(words or ())
    given = bind(machine, facts, options)
    event = next((made for made in function.declared if made.name == MAIN), None)
    anything = Tree(complete=False)
    if event is None or event.open or words is None or _decides_more(given):
        return anything
    path, name = event.given(0, "config_path"), event.given(1, "config_name")
    folder = as_value(path).string if path is not None else "."
    primary = as_value(given["config_name"]).string or (as_value(name).string if name is not None else None)
    if folder is None or primary is None or folder.startswith(("/", "pkg://")):
        return anything
    # Relative to the file in which the function stands.
    root = posixpath.normpath(posixpath.join(posixpath.dirname(function.at.path), folder))
    if root.startswith(".."):
        return anything
    composition = Composition(machine.context.files, root)
    result = composition.compose(primary, overrides)
    machine.run.documents += [read for read in composition.read if read not in machine.run.documents]
    return result


def _sorted(words: tuple[Word, ...]) -> tuple[tuple[Word, ...], tuple[Word, ...]]:
    """Options with what they take, and the words that set values, which stand anywhere between them."""
    options: list[Word] = []
    overrides: list[Word] = []
    takes = False
    for word in words:
        head = word.pieces[0].content if word.pieces else ""
        if takes or (isinstance(head, str) and head.startswith("-")):
            options.append(word)
            takes = not takes and any(word.string in names and action == "store" for names, action in _OPTIONS)
        else:
            overrides.append(word)
    return tuple(options), tuple(overrides)


def _decides_more(given: dict[str, Thing]) -> bool:
    """Another folder, a sweep, or a run that only shows the configuration."""
    unusual = ("config_path", "config_dir", "package", "experimental_rerun", "cfg", "multirun", "info")
    values = [as_value(given[name]) for name in unusual]
    return any(not value.known or value.constant not in (None, False) for value in values)


def _main(machine: Caller, call: Arguments) -> Thing | None:
    event = machine.record(MAIN, call.at, call.func_at, call.positional, call.keywords, call.open, None, call.places)
    event.result = Instance(MAIN, made_by=event, complete=False)
    return event.result


def _instantiate(machine: Caller, call: Arguments) -> Thing | None:
    """`instantiate(cfg.trainer, …)`: what `_target_` names is called with the other entries."""
    config = machine.settle(call.given(0, "config"))
    if isinstance(config, DictObject):
        given = Arguments(call.at, call.func_at, call.positional[1:], call.keywords, call.open)
        made = _made(machine, config, given, _DEEPEST)
        if made is not None:
            return made
    machine.run.unread = True
    return None


def _made(machine: Caller, config: DictObject, call: Arguments, depth: int) -> Thing | None:
    """What a configuration stands for; None where that is not known."""
    entries = {
        str(key): machine.settle(resolved(machine, config, entry, call.at)) for key, entry in config.entries.items()
    }
    name = as_value(entries.pop("_target_", known(None))).string
    if name is None or not depth:
        return None
    entries.update(call.keywords)
    recursive = machine.decide(entries.pop("_recursive_", known(True))) is not False
    partial = machine.decide(entries.pop("_partial_", known(False))) is not False
    entries.pop("_convert_", None)
    before = machine.items_of(entries.pop("_args_", listing("list", ())), 100)
    for key, entry in entries.items() if recursive else ():
        entries[key] = _inner(machine, entry, call, depth)
    target = machine.imported(name)
    if partial:
        return Partial(target, (*(before or ()), *call.positional), entries)
    open_ = call.open or not config.complete or before is None
    return machine.call(
        target, Arguments(call.at, call.func_at, (*(before or ()), *call.positional), entries, open_)
    )


def _inner(machine: Caller, entry: Thing, call: Arguments, depth: int) -> Thing:
    """A part that stands for an object itself."""
    if isinstance(entry, DictObject) and "_target_" in entry.entries:
        made = _made(machine, entry, Arguments(call.at, call.func_at), depth - 1)
        if made is None:
            machine.run.unread = True
        return made if made is not None else Unread("an object")
    if isinstance(entry, DictObject) and not depth:
        return entry
    if isinstance(entry, ListObject) and depth:
        return listing("list", tuple([_inner(machine, item, call, depth - 1) for item in entry.items]), entry.complete)
    if isinstance(entry, DictObject):
        held = {key: _inner(machine, part, call, depth - 1) for key, part in entry.entries.items()}
        return config_of(mapping(held, entry.complete, entry.trail), entry.cls, entry.root)
    return entry


def _object(machine: Caller, call: Arguments) -> Thing | None:
    """`get_class("package.module.Class")`."""
    name = as_value(call.given(0, "path")).string
    return machine.imported(name) if name is not None else None


def _same_path(machine: Caller, call: Arguments) -> Thing | None:
    return call.get(0, "path")


def _directory(machine: Caller, call: Arguments) -> Thing | None:
    return machine.context.directory


FUNCTIONS: Final[dict[str, Function]] = {
    MAIN: _main,
    "hydra.utils.instantiate": _instantiate,
    "hydra.utils.call": _instantiate,
    "hydra.utils.get_class": _object,
    "hydra.utils.get_method": _object,
    "hydra.utils.get_object": _object,
    "hydra.utils.to_absolute_path": _same_path,
    "hydra.utils.get_original_cwd": _directory,
}
