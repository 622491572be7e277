"""Finding rules on disk: those that come with dtlint and those of a site, by one loader."""

from __future__ import annotations

import functools
import inspect
import os
import sys
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping
from hashlib import blake2b
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any, TypeVar

from dtlint.card import Card, CardError, Front, card_of, load, read, split
from dtlint.record import record
from dtlint.shelf import OWN, State, state_of

SITE_FOLDER = ".dtlint/rules"
"""Where a workspace keeps rules of its own."""

Named = TypeVar("Named", "Card", "Rule")


class RuleError(Exception):
    """The check cannot be used; the message says why, for the person who wrote it."""


@record
class Rule:
    """A card and the check that belongs to it."""

    card: Card
    check: Callable[[Any], Iterable[Any]] | None
    """None for a rule that is a fragment of JSON Schema."""
    subject: Any = None
    """The annotation of the check's first parameter: what the check is asked about, one by one."""

    @property
    def id(self) -> str:
        return self.card.id


@record
class Flaw:
    """A rule that cannot be used."""

    path: Path
    message: str


@record
class Catalog:
    rules: tuple[Rule, ...]
    """In order of their names."""
    flaws: tuple[Flaw, ...] = ()


@record
class Cards:
    cards: tuple[Card, ...]
    """In order of their names."""
    flaws: tuple[Flaw, ...] = ()

    def find(self, name: str) -> Card | None:
        """The card of that name, or which once had that name."""
        return next((card for card in self.cards if name == card.id or name in card.aliases), None)


def packaged() -> Path:
    """The folder of the rules that come with dtlint: in an installed package, or beside it in a checkout.

    `rules` is data and never imported as a package: the name is taken, and an editable install would not find it.
    """
    inside = Path(__file__).parent / "rules"
    return inside if inside.is_dir() else Path(__file__).parent.parent / "rules"


def read_cards(folders: Iterable[Path] = ()) -> Cards:
    """The cards of dtlint's own rules and of those in `folders`; no check is loaded.

    Cards of `folders` must also fit the JSON Schema of cards; dtlint's own are known to from its tests.
    """
    own = _own_cards(_states())
    site = _site_cards(folders, own)
    return Cards(_by_name((*own.cards, *site.cards)), (*own.flaws, *site.flaws))


def load_rules(folders: Iterable[Path] = ()) -> Catalog:
    """Rules with their checks; what cannot be used becomes a flaw."""
    states = _states()
    own, cards = _own_rules(states), _site_cards(folders, _own_cards(states))
    site = _with_checks(cards, lambda path: _run(path, _compiled(path)))
    return Catalog(_by_name((*own.rules, *site.rules)), (*own.flaws, *site.flaws))


States = tuple[tuple[str, State], ...]
"""The files of dtlint's own rules in order of their paths, each with its state."""


def _states() -> States:
    # Asked at every run, in the language server at every keystroke: texts and one `stat` a file, nothing dearer.
    return tuple((path, state_of(path)) for path in _listed(packaged()))


@functools.lru_cache(maxsize=1)
def _own_cards(states: States) -> Cards:
    """Made once for each process, as long as the files stay in these states."""
    state = dict(states)
    return _cards((path for path, _ in states), lambda path: card_of(OWN.get(path, state[path], _front), Path(path)))


@functools.lru_cache(maxsize=1)
def _own_rules(states: States) -> Catalog:
    """Made once for each process, as long as the files stay in these states."""
    state = dict(states)
    return _with_checks(_own_cards(states), lambda path: _own_check(path, state[str(path)]))


def _site_cards(folders: Iterable[Path], own: Cards) -> Cards:
    """The cards in `folders`, which may not take a name that one of dtlint's `own` has."""
    cards: list[Card] = []
    flaws: list[Flaw] = []
    for folder in folders:
        try:
            listed = _listed(folder)
        except OSError as fault:
            flaws.append(Flaw(folder, f"the folder of rules cannot be read: {fault.strerror}"))
            continue
        found = _cards(listed, lambda path: _fitting(load(Path(path))), (*own.cards, *cards))
        cards += found.cards
        flaws += found.flaws
    return Cards(tuple(cards), tuple(flaws))


def _listed(folder: Path) -> list[str]:
    """The files of the families in `folder`.  Raises `OSError`."""
    families = sorted(entry.path for entry in os.scandir(folder) if entry.is_dir() and entry.name[0] not in "._")
    return [
        os.path.join(family, name) for family in families for name in sorted(os.listdir(family)) if name[0] not in "._"
    ]


def _cards(listed: Iterable[str], card_at: Callable[[str], Card], known: Iterable[Card] = ()) -> Cards:
    """The cards among the files that are `listed`, each with a check beside it and a name that none before it has,
    nor one that is `known`."""
    cards: list[Card] = []
    flaws: list[Flaw] = []
    taken = {name: card.path for card in known for name in (card.id, *card.aliases)}
    files = dict.fromkeys(listed)
    for name in files:
        stem, suffix = os.path.splitext(name)
        if suffix == ".py" and f"{stem}.md" not in files:
            flaws.append(Flaw(Path(name), f"there is no card {os.path.basename(stem)}.md beside it"))
        if suffix != ".md":
            continue
        try:
            card = card_at(name)
            if card.schema is None and f"{stem}.py" not in files:
                raise CardError(f"there is no check {os.path.basename(stem)}.py beside it, and it has no schema")
            for each in (card.id, *card.aliases):
                if each in taken:
                    raise CardError(f"the name {each} is taken by {taken[each]}")
        except CardError as fault:
            flaws.append(Flaw(Path(name), str(fault)))
            continue
        cards.append(card)
        taken.update(dict.fromkeys((card.id, *card.aliases), card.path))
    return Cards(_by_name(cards), tuple(flaws))


def _with_checks(cards: Cards, run: Callable[[Path], ModuleType]) -> Catalog:
    """The cards as rules, each with the function `check` of the module that `run` gives for the file beside it."""
    rules: list[Rule] = []
    flaws = list(cards.flaws)
    for card in cards.cards:
        if card.schema is not None:
            rules.append(Rule(card, None))
            continue
        path = card.path.with_suffix(".py")
        try:
            check = _check(path, run)
            rules.append(Rule(card, check, _subject(check)))
        except RuleError as fault:
            flaws.append(Flaw(path, str(fault)))
    return Catalog(tuple(rules), tuple(flaws))


def _by_name(things: Iterable[Named]) -> tuple[Named, ...]:
    return tuple(sorted(things, key=lambda thing: thing.id))


def _check(path: Path, run: Callable[[Path], ModuleType]) -> Callable[[Any], Iterable[Any]]:
    """Raises `RuleError`."""
    try:
        module = run(path)
    except (Exception, SystemExit) as fault:
        raise RuleError(f"it cannot be loaded: {type(fault).__name__}: {fault}") from fault
    check = getattr(module, "check", None)
    if not callable(check):
        raise RuleError("it has no function check")
    return typing.cast("Callable[[Any], Iterable[Any]]", check)


@functools.cache
def _own_check(path: Path, state: State) -> ModuleType:
    """Run once for each process, as long as the file stays in this state."""
    return _run(path, OWN.get(str(path), state, _compiled))


def _front(path: str) -> Front:
    return split(read(Path(path)))


def _compiled(path: Path | str) -> CodeType:
    # Not by an import, which would leave bytecode in the folders of the people who call us.
    return compile(Path(path).read_bytes(), str(path), "exec", dont_inherit=True)


def _run(path: Path, code: CodeType) -> ModuleType:
    name = f"dtlint_rule_{path.stem}_{blake2b(os.fsencode(path), digest_size=4).hexdigest()}"
    module = sys.modules[name] = ModuleType(name)
    module.__file__ = str(path)
    try:
        exec(code, module.__dict__)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _subject(check: Callable[[Any], Iterable[Any]]) -> Any:
    code = getattr(check, "__code__", None)
    stated = check.__annotations__.get(code.co_varnames[0]) if code is not None and code.co_argcount else None
    if stated is not None and not isinstance(stated, str):
        return stated
    try:
        hints = typing.get_type_hints(check)
        first = next(iter(inspect.signature(check).parameters), "")
    except Exception as fault:
        raise RuleError(f"the annotation of check cannot be read: {fault}") from fault
    if first not in hints:
        raise RuleError("the first parameter of check has no annotation, which would say what it is asked about")
    return hints[first]


@functools.cache
def taxonomy() -> Mapping[str, Any]:
    """The study's symptoms and fix patterns with their counts: `rules/taxonomy.yaml`."""
    import yaml

    with open(packaged() / "taxonomy.yaml", encoding="utf-8") as file:
        return typing.cast("Mapping[str, Any]", yaml.load(file, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))


def misfits(front: Mapping[str, Any]) -> Iterator[str]:
    """Where a front matter does not fit the JSON Schema of cards, or names what the study does not."""
    import json

    import jsonschema

    schema = json.loads((Path(__file__).parent / "card.schema.json").read_text(encoding="utf-8"))
    for error in jsonschema.Draft202012Validator(schema).iter_errors(front):
        where = ".".join(str(part) for part in error.absolute_path)
        yield f"{where}: {error.message}" if where else error.message
    symptoms, patterns = taxonomy()["symptoms"], taxonomy()["fix_patterns"]
    for symptom in front.get("symptoms") or ():
        if symptom not in symptoms:
            yield f"symptoms: {symptom} is not in taxonomy.yaml"
    if front.get("fix_pattern", "") not in patterns:
        yield f"fix_pattern: {front.get('fix_pattern')} is not in taxonomy.yaml"


def _fitting(card: Card) -> Card:
    """The card itself.  Raises `CardError` for one that does not fit."""
    faults = list(misfits(split(card.text)[0]))
    if faults:
        raise CardError("; ".join(faults))
    return card
