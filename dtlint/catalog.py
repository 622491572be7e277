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
from typing import Any

from dtlint.card import Card, CardError, Front, card_of, load, read, split
from dtlint.record import record
from dtlint.shelf import OWN, State, state_of

SITE_FOLDER = ".dtlint/rules"
"""Where a workspace keeps rules of its own."""


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
    cards: dict[str, Card] = {}
    flaws: list[Flaw] = []
    taken: dict[str, Path] = {}
    for folder, own in ((packaged(), True), *((folder, False) for folder in folders)):
        for path, has_check in _pairs(folder, flaws):
            try:
                card = card_of(OWN.get(path, _front), path) if own else load(path)
                if card.schema is None and not has_check:
                    raise CardError(f"there is no check {path.stem}.py beside it, and it has no schema")
                if not own:
                    _validate(card)
                for name in (card.id, *card.aliases):
                    if name in taken:
                        raise CardError(f"the name {name} is taken by {taken[name]}")
            except CardError as fault:
                flaws.append(Flaw(path, str(fault)))
                continue
            cards[card.id] = card
            taken.update(dict.fromkeys((card.id, *card.aliases), path))
    return Cards(tuple(cards[name] for name in sorted(cards)), tuple(flaws))


def load_rules(folders: Iterable[Path] = (), wanted: Callable[[Card], bool] = lambda card: True) -> Catalog:
    """Rules with their checks, of those cards that are `wanted`; what cannot be used becomes a flaw."""
    found = read_cards(folders)
    rules: list[Rule] = []
    flaws = list(found.flaws)
    for card in filter(wanted, found.cards):
        path = card.path.with_suffix(".py")
        if card.schema is not None:
            rules.append(Rule(card, None))
            continue
        try:
            check = load_check(path)
            rules.append(Rule(card, check, _subject(check)))
        except RuleError as fault:
            flaws.append(Flaw(path, str(fault)))
    return Catalog(tuple(rules), tuple(flaws))


def load_check(path: Path) -> Callable[[Any], Iterable[Any]]:
    """The function `check` of the file at `path`.  Raises `RuleError`."""
    try:
        module = _own_check(path, state_of(path)) if path.is_relative_to(packaged()) else _run(path, _compiled(path))
    except (Exception, SystemExit) as fault:
        raise RuleError(f"it cannot be loaded: {type(fault).__name__}: {fault}") from fault
    check = getattr(module, "check", None)
    if not callable(check):
        raise RuleError("it has no function check")
    return typing.cast("Callable[[Any], Iterable[Any]]", check)


@functools.cache
def _own_check(path: Path, state: State) -> ModuleType:
    """Run once for each process, as long as the file stays in this state."""
    return _run(path, OWN.get(path, _compiled))


def _front(path: Path) -> Front:
    return split(read(path))


def _compiled(path: Path) -> CodeType:
    # Not by an import, which would leave bytecode in the folders of the people who call us.
    return compile(path.read_bytes(), str(path), "exec", dont_inherit=True)


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


def _pairs(folder: Path, flaws: list[Flaw]) -> Iterator[tuple[Path, bool]]:
    """The cards below `folder`, and whether a check is beside each; a check without a card becomes a flaw."""
    try:
        families = sorted(entry.path for entry in os.scandir(folder) if entry.is_dir() and entry.name[0] not in "._")
    except OSError as fault:
        flaws.append(Flaw(folder, f"the folder of rules cannot be read: {fault.strerror}"))
        return
    for family in families:
        names = {name for name in os.listdir(family) if name[0] not in "._"}
        for name in sorted(names):
            stem, suffix = os.path.splitext(name)
            path = Path(family, name)
            if suffix == ".py" and f"{stem}.md" not in names:
                flaws.append(Flaw(path, f"there is no card {stem}.md beside it"))
            elif suffix == ".md":
                yield path, f"{stem}.py" in names


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


def _validate(card: Card) -> None:
    faults = list(misfits(split(card.text)[0]))
    if faults:
        raise CardError("; ".join(faults))
