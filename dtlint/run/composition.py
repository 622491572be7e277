"""Hydra's composition: a primary file, the files of its defaults list, and what the command line overrides.

Checked against hydra-core 1.3: a group's file lands in the package of its folder unless a header, `@package` or an
absolute name says otherwise; a file without `_self_` in its list overrides the list's files since 1.1 and was
overridden by them before, so what differs there is unknown.  A file that is not in the workspace may set anything.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, field
from typing import Final

from dtlint.facts.document import Hole
from dtlint.run.files import Files
from dtlint.run.settings import unfilled, value_of
from dtlint.run.word import Word
from dtlint.value import Const, Fields, How, Items, Scalar, Step, Trail, Value, fields, items, known, unknown

DEEPEST: Final = 12
"""Files within files."""
MOST_FILES: Final = 1_000
"""Files that one configuration is made of, each time counted; beyond this it may hold anything."""
_ROUNDS: Final = 6
"""Passes until `override` items have been applied everywhere."""
_PACKAGE: Final = re.compile(r"^\s*#\s*@package\s+(\S+)\s*$", re.MULTILINE)
_WHOLE: Final = re.compile(r"[+-]?\d+(?:_\d+)*")
_DECIMAL: Final = re.compile(r"[+-]?(?:\d+(?:_\d+)*)?\.?\d*(?:[eE][+-]?\d+)?")
_OVERRIDE: Final = re.compile(r"(~|\+\+|\+)?([\w./@$-]+)(=)?")

Path = tuple[str, ...]


@dataclass(slots=True)
class Tree:
    """A mapping that is being put together."""

    entries: dict[str, Tree | Value] = field(default_factory=dict)
    complete: bool = True
    trail: Trail = ()

    @staticmethod
    def of(value: Value) -> Tree | Value:
        """A record as a tree, all others as they are; texts with `${…}` become unknowns that remember them."""
        if isinstance(value.content, Fields):
            made = {key: Tree.of(entry) for key, entry in value.content.entries.items()}
            return Tree(made, value.content.complete, value.trail)
        return raw(value)

    def value(self) -> Value:
        found = {key: entry.value() if isinstance(entry, Tree) else entry for key, entry in self.entries.items()}
        return fields(found, self.complete, self.trail)

    def forget(self) -> None:
        """Anything may stand in it."""
        self.entries, self.complete = {}, False

    def merge(self, other: Tree) -> None:
        """Lay `other` over this one."""
        if not other.complete:
            # What is not seen of the other may override whatever it does not surely set.
            self.entries = {key: entry for key, entry in self.entries.items() if key in other.entries}
            self.complete = False
        for key, entry in other.entries.items():
            mine = self.entries.get(key)
            if isinstance(mine, Tree) and isinstance(entry, Tree):
                mine.merge(entry)
            else:
                self.entries[key] = entry.copy() if isinstance(entry, Tree) else entry
        self.trail = self.trail or other.trail

    def copy(self) -> Tree:
        made = {key: entry.copy() if isinstance(entry, Tree) else entry for key, entry in self.entries.items()}
        return Tree(made, self.complete, self.trail)

    def at(self, path: Path) -> Tree:
        """The tree at `path`, made where there is none."""
        tree = self
        for name in path:
            inner = tree.entries.get(name)
            if not isinstance(inner, Tree):
                inner = tree.entries[name] = Tree(complete=inner is None)
            tree = inner
        return tree

    def doubt(self, other: Tree) -> None:
        """Where `other` has another value, nobody knows which of both holds."""
        for key, entry in other.entries.items():
            mine = self.entries.get(key)
            if isinstance(mine, Tree) and isinstance(entry, Tree):
                mine.doubt(entry)
            elif mine is not None and not (
                isinstance(mine, Value) and isinstance(entry, Value) and mine.known and mine.same(entry)
            ):
                self.entries[key] = unknown(key, key=("composition", key, id(mine)))


def interpolation(hole: Hole, trail: Trail) -> Value:
    """A leaf with `${…}` in a file: an unknown whose key keeps the text."""
    text = hole.text.strip("'\"")
    if "${" not in text or "{{" in text:
        return unfilled(hole, trail)
    return unknown(text, key=("interpolation", text, hole.at), trail=trail)


def raw(value: Value) -> Value:
    """A text with an interpolation is not what it says, as `interpolation` has it."""
    if value.string is not None and "${" in value.string:
        at = value.trail[0].at if value.trail else None
        return unknown(value.string, key=("interpolation", value.string, at), trail=value.trail)
    if value.string == "???":
        return unknown("a value to be filled in", key=("missing", value.trail), trail=value.trail)
    if isinstance(value.content, Items):
        return items([raw(item) for item in value.content.items], value.content.complete, value.trail)
    if isinstance(value.content, Fields):
        made = Tree.of(value)
        assert isinstance(made, Tree)
        return made.value()
    return value


@dataclass(slots=True)
class Composition:
    """One configuration in the making."""

    files: Files
    folder: str
    """The folder of configurations, from the workspace root."""
    read: list[str] = field(default_factory=list)
    """Files that it is made of."""
    choices: dict[str, str | None] = field(default_factory=dict)
    """Which file of a group is chosen, where that is overridden; None for none."""
    fixed: frozenset[str] = frozenset()
    """Groups that the command line decides."""
    added: list[tuple[str, str]] = field(default_factory=list)
    """Groups and files that the command line appends to the defaults list."""
    left: int = MOST_FILES
    """Files that may still be laid."""
    met: set[str] = field(default_factory=set)
    """Groups that some defaults list names."""

    def compose(self, name: str, words: tuple[Word, ...]) -> Tree:
        """The configuration `name`, with the overrides of a command line."""
        values = self._groups(name, words)
        result = Tree()
        for _ in range(_ROUNDS):
            before = dict(self.choices)
            self.read.clear()
            result = Tree()
            self._lay(result, name, "", (), DEEPEST, primary=True)
            if self.choices == before:
                break
        else:
            result.forget()
        for word in values:
            self._override(result, word)
        result.entries.pop("hydra", None)
        return result

    # -- the command line

    def _groups(self, name: str, words: tuple[Word, ...]) -> list[Word]:
        """Take the choices of groups from the command line; what is left sets values."""
        self._lay(Tree(), name, "", (), DEEPEST, primary=True)
        self.choices.clear()
        values: list[Word] = []
        chosen: set[str] = set()
        for word in words:
            text = word.string
            found = _OVERRIDE.match(text) if text is not None else None
            if found is None or text is None:
                values.append(word)
                continue
            sign, key, equals = found.groups()
            group = key.partition("@")[0]
            option = text[found.end() :].strip("'\"") if equals else None
            if "@" in key or "." in group or not (group in self.met or self._is_group(group)):
                values.append(word)
            elif sign in ("+", "++"):
                if option is not None:
                    self.added.append((group, option))
            else:
                chosen.add(group)
                self.choices[group] = None if sign == "~" or option in ("null", None) else option
        self.fixed = frozenset(chosen)
        return values

    def _is_group(self, name: str) -> bool:
        return self.files.is_directory(posixpath.join(self.folder, name))

    def _override(self, tree: Tree, word: Word) -> None:
        text = word.string
        head = word.pieces[0].content if word.pieces else ""
        found = _OVERRIDE.match(head) if isinstance(head, str) else None
        if found is None or word.many or (text is None and not found.group(3)):
            tree.forget()
            return
        sign, key, equals = found.groups()
        path = tuple(key.split("."))
        if "@" in key or "$" in key:
            tree.forget()
            return
        if sign == "~":
            tree.at(path[:-1]).entries.pop(path[-1], None)
            return
        step = Step(How.OPTION, word.written, word.at)
        value = literal(word.cut(found.end()).value) if equals else known(None)
        tree.at(path[:-1]).entries[path[-1]] = raw(value.because(step))

    # -- files

    def _lay(self, result: Tree, name: str, group: str, package: Path, depth: int, primary: bool = False) -> None:
        """Lay the file `name` of `group`, and those of its defaults list, over what is there."""
        path = posixpath.normpath(posixpath.join(self.folder, group, f"{name.removesuffix('.yaml')}.yaml"))
        self.left -= 1
        document = self.files.document(path) if depth and self.left > 0 else None
        if document is None or len(document.roots) > 1:
            result.forget()
            return
        if path not in self.read:
            self.read.append(path)
        own = Tree.of(value_of(document.roots[0], interpolation)) if document.roots else Tree()
        if isinstance(own, Value):
            # An empty file is null.
            if not (own.known and own.constant is None):
                result.forget()
            return
        package = self._package(path, package)
        listed = own.entries.pop("defaults", None)
        members = listed.content.items if isinstance(listed, Value) and isinstance(listed.content, Items) else ()
        if listed is not None and not (
            isinstance(listed, Value) and isinstance(listed.content, Items) and listed.content.complete
        ):
            result.forget()
        stated = False
        for member in members:
            if member.string == "_self_":
                stated = True
                result.at(package).merge(own)
            else:
                self._member(result, member, group, package, depth)
        if primary:
            for added, option in self.added:
                self._lay(result, option, added, tuple(added.split("/")), depth - 1)
        if not stated:
            target = result.at(package)
            earlier = target.copy() if members else Tree()
            target.merge(own)
            target.doubt(earlier)

    def _package(self, path: str, package: Path) -> Path:
        source = self.files.source(path)
        found = _PACKAGE.search(source.text[:2000]) if source is not None else None
        if found is None or found.group(1) == "_group_":
            return package
        return () if found.group(1) == "_global_" else tuple(found.group(1).split("."))

    def _member(self, result: Tree, member: Value, group: str, package: Path, depth: int) -> None:
        """One item of a defaults list."""
        if member.string is not None:
            folder, _, name = member.string.rpartition("/")
            if member.string.startswith("hydra/"):
                return
            absolute = member.string.startswith("/")
            inner = folder.lstrip("/") if absolute else posixpath.join(group, folder)
            below = tuple(part for part in folder.split("/") if part)
            self._lay(result, name, inner, below if absolute else (*package, *below), depth - 1)
            return
        entries = member.content.entries if isinstance(member.content, Fields) else {}
        if len(entries) != 1:
            result.forget()
            return
        ((key, option),) = entries.items()
        words = key.split()
        name, _, placed = words[-1].partition("@")
        if name.startswith(("hydra/", "/hydra/")) or name == "hydra":
            return
        absolute = name.startswith("/")
        place = name.lstrip("/") if absolute else posixpath.join(group, name)
        if "override" in words:
            if place not in self.fixed and option.known:
                self.choices[place] = None if option.constant is None else str(option.constant)
            elif place not in self.fixed:
                result.forget()
            return
        self.met.add(place)
        target = tuple(place.split("/")) if absolute else (*package, *name.split("/"))
        if placed:
            target = _placed(placed, package)
        self._chosen(result, option, place, target, depth, optional="optional" in words)

    def _chosen(
        self, result: Tree, option: Value, group: str, package: Path, depth: int, optional: bool
    ) -> None:
        if group in self.choices:
            option = known(self.choices[group])
        if option.known and option.constant is None:
            return
        names = option.content.items if isinstance(option.content, Items) else (option,)
        for name in names:
            if not name.known:
                # `???`, or a name that is made of others: any file of the group, or one that is not seen.
                result.forget()
            elif not optional or self.files.exists(posixpath.join(self.folder, group, f"{name.constant}.yaml")):
                self._lay(result, str(name.constant), group, package, depth - 1)


def _placed(package: str, around: Path) -> Path:
    """A package named behind `@`, from the package of the list in which it stands."""
    if package.startswith("_global_"):
        return tuple(part for part in package.removeprefix("_global_").split(".") if part)
    if package == "_here_":
        return around
    return (*around, *package.split("."))


def literal(value: Value) -> Value:
    """A value as an override's grammar types it: numbers, `true`, `null`, lists of them, else text."""
    text = value.string
    if text is None:
        return value
    stripped = text.strip()
    if stripped[:1] in "'\"" and stripped[-1:] == stripped[:1] and len(stripped) > 1:
        return Value(Const(stripped[1:-1]), value.trail)
    if stripped.startswith("[") and stripped.endswith("]"):
        inner = stripped[1:-1]
        if any(char in inner for char in "[]{}()'\""):
            return unknown(text, key=("override", text), trail=value.trail)
        parts = [part for part in inner.split(",") if part.strip()]
        return items([literal(Value(Const(part), value.trail)) for part in parts], True, value.trail)
    if "${" in stripped:
        return Value(Const(stripped), value.trail)
    if any(char in stripped for char in "{},()"):
        return unknown(text, key=("override", text), trail=value.trail)
    return Value(Const(scalar(stripped)), value.trail)


def scalar(text: str) -> Scalar:
    """A word as Hydra types it."""
    lowered = text.lower()
    if lowered in ("true", "false"):
        return lowered == "true"
    if lowered == "null":
        return None
    if _WHOLE.fullmatch(text) and len(text) < 300:
        return int(text)
    if lowered.lstrip("+-") in ("nan", "inf") or (_DECIMAL.fullmatch(text) and any(char.isdigit() for char in text)):
        try:
            return float(text)
        except ValueError:
            return text
    return text
