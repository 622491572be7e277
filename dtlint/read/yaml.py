"""YAML with spans: PyYAML's events, composed so that each leaf and each alias keeps its place.

Not read: what an application's own tags construct (such leaves are holes), mappings and sequences as keys (their text
is the key).  A document that refers to itself has a hole there.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, Final

import yaml

from dtlint.facts.document import Document, Entry, Hole, Leaf, Listing, Mapping, Node
from dtlint.facts.problem import Problem
from dtlint.read.template import CONTROL, FILLER, is_template, templates
from dtlint.source import Source, Span

DEEPEST: Final = 100
"""Levels of nesting; whoever walks the document may recurse."""

_WORD: Final = re.compile(r"(?<=[:-] )(?:@\w+@|%[A-Z]\w*%)(?=\s|$)")
"""`@NAME@` and `%NAME%` as a value of their own, which `sed` fills in."""

EXPANDED: Final = 100_000
"""Nodes that all aliases of a file may stand for together."""

_COPIED: Final = 5_000
"""Nodes that are copied to say where their alias stands; beyond this, aliases share their node."""

_PARSER: Final[Any] = getattr(yaml, "CSafeLoader", None) or yaml.SafeLoader
_PREFIX: Final = "tag:yaml.org,2002:"
_TYPED: Final = frozenset(("bool", "float", "int", "null"))
_TEXTS: Final = frozenset(("str", "timestamp", "binary", "value", "merge"))
_PROPERTIES: Final = re.compile(r"(?:[&!]\S*(?:[ \t]*(?:#[^\n]*)?\r?\n?)*)+")
_WHOLE_LINE: Final = re.compile(r"^[ \t]*([$%]\{[^\n]*\})[ \t]*\r?$", re.MULTILINE)
_SCHEMA: Final = "$schema"
"""A key that looks like a variable to be filled in, and names the schema of a document."""
_ANY: Final = re.compile("")
_SURROGATES: Final = re.compile("[\ud800-\udfff]")


def read(source: Source) -> Document:
    """The documents of a YAML 1.1 stream, scalars typed as `yaml.safe_load` types them.

    What stands before an error is kept, and marked as incomplete.  Files with template statements that leave no valid
    YAML are read without these lines; then nothing in them is complete, and no error is reported.
    """
    places = _places(source.text)
    plain = _SURROGATES.sub("\ufffd", source.text)
    statements = _alone(plain, places, CONTROL)
    result = _compose(source, plain, places, (), statements)
    if statements and (result.problems or not result.within):
        result = _compose(source, plain, places, statements, statements)
    problems = result.problems if not places else []
    if result.problems:
        # Lines that are a template as a whole may put in anything, also several entries.
        whole = () if "{" not in plain else tuple(found.span(1) for found in _WHOLE_LINE.finditer(plain))
        places = tuple(sorted({*places, *(place for place in whole if not _overlaps(place, places))}))
        if places:
            lone = _alone(plain, places, _ANY)
            again = _compose(source, plain, places, lone, lone)
            if not (problems and again.problems):
                result, problems = again, []
    roots = result.roots if result.within else [_doubtful(root) for root in result.roots]
    return Document(source.path, "yaml", tuple(roots), tuple(problems))


Places = tuple[tuple[int, int], ...]


def _overlaps(place: tuple[int, int], places: Places) -> bool:
    index = bisect_left(places, (place[1], place[1])) - 1
    return index >= 0 and places[index][1] > place[0]


def _places(text: str) -> Places:
    """Templates, and words at which YAML would stop: no plain scalar begins with `@` or `%`."""
    words = (found.span() for found in _WORD.finditer(text)) if "@" in text or "%" in text else ()
    return tuple(sorted((*templates(text), *words)))


def _alone(text: str, places: Places, wanted: re.Pattern[str]) -> Places:
    """The templates of a kind that have a line for themselves, or for themselves and others such."""
    alone: list[tuple[int, int]] = []
    done = 0
    fresh = True
    """Nothing but white space and such templates stand on this line so far."""
    for start, end in places:
        before = text[done:start]
        line = before.rpartition("\n")[2]
        fresh = (fresh or len(line) < len(before)) and not line.strip()
        fresh = fresh and wanted.match(text, start) is not None and _ends_line(text, end)
        if fresh:
            alone.append((start, end))
        done = end
    return tuple(alone)


def _mask(text: str, places: Places, emptied: Places) -> str:
    """The text with templates made harmless, and some of them emptied."""
    if not places:
        return text
    pieces: list[str] = []
    done = 0
    blank = frozenset(emptied)
    for start, end in places:
        pieces.append(text[done:start])
        pieces.append(re.sub(r"[^\r\n]", " " if (start, end) in blank else FILLER, text[start:end]))
        done = end
    pieces.append(text[done:])
    return "".join(pieces)


def _ends_line(text: str, at: int) -> bool:
    end = text.find("\n", at)
    rest = text[at : len(text) if end < 0 else end].strip()
    return not rest or rest.startswith(("#", "{{", "{%"))


@lru_cache(maxsize=8192)
def _resolved(text: str) -> tuple[str, str | int | float | bool | None, bool]:
    """Tag and value of a plain scalar; False at the end where its value cannot be made."""
    resolvers: dict[str | None, list[tuple[str, re.Pattern[str]]]] = yaml.SafeLoader.yaml_implicit_resolvers
    candidates = [*resolvers.get(text[:1], ()), *resolvers.get(None, ())]
    for tag, expression in candidates:
        if expression.match(text):
            short = tag.removeprefix(_PREFIX)
            value, made = _constructed(short, text)
            return short, value, made
    return "str", text, True


def _constructed(tag: str, text: str) -> tuple[str | int | float | bool | None, bool]:
    """The value that `yaml.safe_load` gives; dates stay text."""
    if tag not in _TYPED:
        return text, True
    constructor = yaml.constructor.SafeConstructor()
    node = yaml.ScalarNode(_PREFIX + tag, text)
    try:
        return getattr(constructor, f"construct_yaml_{tag}")(node), True
    except (ValueError, KeyError, IndexError, OverflowError):
        # `!!int x`, or more digits than Python converts.
        return text, False


@dataclass(slots=True)
class _Open:
    """A mapping or sequence whose end was not reached."""

    mapping: bool
    start: int
    anchor: str | None
    flow: bool
    complete: bool
    entries: list[Entry] = field(default_factory=list)
    items: list[Node] = field(default_factory=list)
    merged: list[Node] = field(default_factory=list)
    key: tuple[str, Span] | None = None
    merging: bool = False
    size: int = 1


@dataclass(slots=True)
class _Result:
    roots: list[Node]
    problems: list[Problem]
    within: bool
    """All statements stand within texts, so that nothing around them depends on them."""


def _compose(source: Source, text: str, places: Places, emptied: Places, statements: Places) -> _Result:
    composer = _Composer(source, _mask(text, places, emptied), places)
    composer.run()
    within = all(composer.covers(place) for place in statements)
    return _Result(composer.roots, composer.problems, within)


class _Composer:
    def __init__(self, source: Source, text: str, places: Places) -> None:
        self.path = source.path
        self.original = source.text
        self.text = text
        self.templates = places
        self.template_ends = [end for _, end in places]
        self.roots: list[Node] = []
        self.problems: list[Problem] = []
        self.stack: list[_Open] = []
        self.anchors: dict[str, tuple[Node, int]] = {}
        self.end = 0
        """Where the last node ended: block collections end there, not at the next token."""
        self.texts: list[tuple[int, int]] = []
        """Quoted and block scalars, where there are templates at all."""
        self.expanded = 0
        self.copied = 0

    def run(self) -> None:
        try:
            parser = _PARSER(self.text)
            while True:
                event: Any = parser.get_event()
                if event is None or isinstance(event, yaml.StreamEndEvent):
                    break
                if not self._take(event):
                    break
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            self._problem(f"not valid YAML: {error.problem or error.context}", mark.index if mark else self.end)
        except yaml.reader.ReaderError as error:
            found = re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]", self.text)
            self._problem(f"not valid YAML: {error.reason}", found.start() if found else self.end)
        except (yaml.YAMLError, ValueError) as error:
            self._problem(f"not valid YAML: {str(error).splitlines()[0]}", self.end)
        if self.stack:
            self._distrust_last()
        while self.stack:
            self.stack[-1].complete = False
            self._close(self.end)

    def _distrust_last(self) -> None:
        """The scalar before an error may have swallowed what was meant to follow it."""
        last = self.stack[-1]
        if last.mapping and last.key is None and last.entries and isinstance(last.entries[-1].node, Leaf):
            entry = last.entries[-1]
            last.entries[-1] = replace(entry, node=Hole("", entry.node.at))
        elif not last.mapping and last.items and isinstance(last.items[-1], Leaf):
            last.items[-1] = Hole("", last.items[-1].at)

    def covers(self, place: tuple[int, int]) -> bool:
        """The place lies inside a quoted or block scalar."""
        index = bisect_right(self.texts, (place[0], len(self.text))) - 1
        return index >= 0 and self.texts[index][0] <= place[0] and place[1] <= self.texts[index][1]

    def _problem(self, message: str, at: int) -> None:
        if not self.problems:
            at = min(at, len(self.text))
            self.problems.append(Problem(message, Span(self.path, at, min(at + 1, len(self.text)))))

    def _take(self, event: Any) -> bool:
        """False where reading must stop."""
        first: int = event.start_mark.index
        last: int = event.end_mark.index
        if isinstance(event, yaml.ScalarEvent):
            node = self._scalar(event)
            if event.anchor:
                self.anchors[event.anchor] = (node, 1)
            merging = not event.style and event.value == "<<" and not event.tag
            self._add(node, 1, key=event.value, merging=merging)
        elif isinstance(event, yaml.AliasEvent):
            self._alias(event)
        elif isinstance(event, yaml.CollectionStartEvent):
            if len(self.stack) == DEEPEST:
                self._problem(f"nested more than {DEEPEST} levels deep", first)
                return False
            mapping = isinstance(event, yaml.MappingStartEvent)
            complete = not event.tag or event.tag in (_PREFIX + "map", _PREFIX + "seq", "!")
            self.stack.append(_Open(mapping, first, event.anchor, bool(event.flow_style), complete))
            if event.anchor:
                # Until it is complete, an alias of it would stand inside itself.
                self.anchors.pop(event.anchor, None)
        elif isinstance(event, yaml.CollectionEndEvent):
            if self.stack[-1].flow:
                self.end = last
            self._close(self.end)
        elif isinstance(event, yaml.DocumentStartEvent):
            self.anchors = {}
        return True

    def _alias(self, event: Any) -> None:
        at = Span(self.path, event.start_mark.index, event.end_mark.index)
        self.end = at.end
        known = self.anchors.get(event.anchor)
        if known is None:
            if not any(open_.anchor == event.anchor for open_ in self.stack):
                self._problem(f"not valid YAML: undefined alias *{event.anchor}", at.start)
            self._add(Hole(f"*{event.anchor}", at), 1, key=f"*{event.anchor}")
            return
        node, size = known
        self.expanded += size
        if self.expanded > EXPANDED:
            self._problem(f"aliases expand to more than {EXPANDED:,} nodes", at.start)
            self._add(Hole(f"*{event.anchor}", at), 1, key=f"*{event.anchor}")
            return
        if self.copied + size <= _COPIED:
            self.copied += size
            node = _borrowed(node, at)
        key = node.text if isinstance(node, Leaf | Hole) else self.original[at.start : at.end]
        self._add(node, size, key=key, key_at=at)

    def _scalar(self, event: Any) -> Node:
        start, end = event.start_mark.index, event.end_mark.index
        if event.anchor or event.tag:
            found = _PROPERTIES.match(self.text, start, end)
            start = found.end() if found else start
        if event.style in ("|", ">"):
            # The mark stands behind the line breaks, and behind comments that follow.
            end = start + len(self.text[start:end].rstrip())
        self.end = max(self.end, end)
        at = Span(self.path, start, end)
        quoted = event.style in ("'", '"')
        if self._templated(start, end):
            if event.style:
                self.texts.append((start, end))
            return Hole(self._filled(event.value, start, end), at)
        content = event.value
        if is_template(content):
            return Hole(content, at)
        tag = event.tag
        if tag and tag != "!":
            short = tag.removeprefix(_PREFIX)
            value, made = _constructed(short, content)
            made = made and tag.startswith(_PREFIX) and short in _TYPED | _TEXTS
        elif event.implicit[0]:
            _, value, made = _resolved(content)
        else:
            value, made = content, True
        if not made:
            return Hole(content, at)
        return Leaf(value, at, content, quoted)

    def _templated(self, start: int, end: int) -> bool:
        if not self.templates:
            return False
        index = bisect_left(self.template_ends, start + 1)
        return index < len(self.templates) and self.templates[index][0] < end

    def _filled(self, content: str, start: int, end: int) -> str:
        """The content of a scalar with its templates as written."""
        index = bisect_left(self.template_ends, start + 1)

        def written(run: re.Match[str]) -> str:
            nonlocal index
            first = index
            length = len(run.group())
            while length > 0 and index < len(self.templates) and self.templates[index][0] < end:
                length -= self.templates[index][1] - self.templates[index][0]
                index += 1
            return self.original[self.templates[first][0] : self.templates[index - 1][1]] if index > first else ""

        return re.sub(f"{FILLER}+", written, content)

    def _add(self, node: Node, size: int, key: str, key_at: Span | None = None, merging: bool = False) -> None:
        if not self.stack:
            self.roots.append(node)
            return
        parent = self.stack[-1]
        parent.size += size
        if not parent.mapping:
            parent.items.append(node)
        elif parent.key is None:
            parent.key = (self.original[node.at.start : node.at.end] if isinstance(node, Hole) else key), (
                key_at or node.at
            )
            parent.merging = merging
            if isinstance(node, Hole) and parent.key[0] != _SCHEMA:
                # Any key may stand here.
                parent.complete = False
        elif parent.merging:
            parent.merged.append(node)
            parent.key = None
        else:
            parent.entries.append(Entry(*parent.key, node))
            parent.key = None

    def _close(self, end: int) -> None:
        closed = self.stack.pop()
        at = Span(self.path, closed.start, max(end, closed.start))
        node: Node
        if closed.mapping:
            if closed.key is not None and not closed.merging:
                # Cut off behind its key: somebody wrote a value, which we did not see.
                closed.entries.append(Entry(*closed.key, Hole("", Span(self.path, end, end))))
            entries = self._merge(closed)
            node = Mapping(tuple(entries), at, closed.complete)
        else:
            node = Listing(tuple(closed.items), at, closed.complete)
        if closed.anchor:
            self.anchors[closed.anchor] = (node, closed.size)
        text = self.original[at.start : min(at.end, at.start + 200)]
        self._add(node, closed.size, key=text)

    def _merge(self, closed: _Open) -> list[Entry]:
        """Own entries win over merged ones, the first of several merged mappings over later ones."""
        borrowed: list[Mapping] = []
        for node in closed.merged:
            for part in node.items if isinstance(node, Listing) else (node,):
                if isinstance(part, Mapping):
                    borrowed.append(part)
                else:
                    closed.complete = False
                    if isinstance(part, Leaf):
                        self._problem("not valid YAML: expected a mapping for merging", part.at.start)
            if isinstance(node, Listing) and not node.complete:
                closed.complete = False
        if any(not part.complete for part in borrowed):
            closed.complete = False
        return [*(entry for part in reversed(borrowed) for entry in part.entries), *closed.entries]


def _borrowed(node: Node, alias_at: Span) -> Node:
    match node:
        case Leaf():
            return replace(node, alias_at=alias_at)
        case Hole():
            return node
        case Listing(items=items):
            return replace(node, items=tuple(_borrowed(item, alias_at) for item in items))
        case Mapping(entries=entries):
            copies = (replace(entry, node=_borrowed(entry.node, alias_at)) for entry in entries)
            return replace(node, entries=tuple(copies))


def _doubtful(node: Node) -> Node:
    """What remains of a document whose template statements were taken out.

    They may add anything anywhere; they may choose between entries of the same name; and what stands empty was
    perhaps filled by one.
    """
    match node:
        case Leaf(value=None, text=""):
            return Hole("", node.at)
        case Listing(items=items):
            return Listing(tuple(_doubtful(item) for item in items), node.at, False)
        case Mapping(entries=entries):
            keys = [entry.key for entry in entries]
            kept = (
                replace(entry, node=_doubtful(entry.node) if keys.count(entry.key) == 1 else Hole("", entry.node.at))
                for entry in entries
            )
            return Mapping(tuple(kept), node.at, False)
        case _:
            return node
