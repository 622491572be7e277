"""JSON with spans, as people write it: templates filled in by `sed`, comments, commas too many.

Written by hand and not on a grammar: bare words, templates and damaged parts are frequent in real files, and each must
cost one leaf, not the rest of the object.
"""

from __future__ import annotations

import json
import re
from typing import Final, NoReturn

from dtlint.facts.document import Document, Entry, Hole, Leaf, Listing, Mapping, Node
from dtlint.facts.problem import Problem
from dtlint.read.template import is_template, templates
from dtlint.source import Source, Span

DEEPEST: Final = 100
"""Levels of nesting; whoever walks the document may recurse."""

_TOKEN: Final = re.compile(
    r"""[ \t\r\n\f\v\ufeff]*+(?:
    (?P<mark> [{}\[\]:,] )
  | (?P<string> "(?:[^"\\\n]|\\.)*+" )
  | (?P<number> -?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?(?=[\s,\]}:]|/[/*]|\Z) )
  | (?P<comment> //[^\n]* | \#[^\n]* )
  | (?P<block> /\* )
  | (?P<single> '(?:[^'\\\n]|\\.)*+' )
  | (?P<word> (?:\$\{[^}\n]{0,200}\}|<[^<>\n]*>|[^\s,:\[\]{}"])++ )
  | (?P<open> "[^\n]* )
    )""",
    re.VERBOSE,
)
_SPACE: Final = re.compile(r"[ \t\r\n\f\v\ufeff]*")
_CONSTANTS: Final = {
    "true": True,
    "false": False,
    "null": None,
    "NaN": float("nan"),
    "Infinity": float("inf"),
    "-Infinity": float("-inf"),
}
"""The last three by Python's parser, which reads what it writes."""
_PYTHON: Final = {"True": "true", "False": "false", "None": "null"}
_NUMERIC: Final = re.compile(r"[-+]?\.?[0-9][\w.+-]*")
_WITH_COMMENTS: Final = re.compile(
    r"\.(?:jsonc|json5|code-workspace)$|(?:^|/)(?:[tj]sconfig[^/]*|devcontainer|\.eslintrc|\.jshintrc)\.json$|(?:^|/)\.vscode/"
)


def read(source: Source) -> Document:
    """The value of a JSON file; several where each stands on lines of its own.

    At most one problem is reported: what the first reason is that a JSON parser would stop.  A file in which templates
    are left has none.
    """
    reader = _Reader(source)
    roots = reader.roots()
    problems = () if reader.templated else tuple(reader.problems)
    return Document(source.path, "json", roots, problems)


class _NestingError(Exception):
    pass


class _Reader:
    def __init__(self, source: Source) -> None:
        self.path = source.path
        self.text = source.text
        self.at = 0
        self.kind = ""
        self.start = 0
        self.end = 0
        self.templates = dict(templates(source.text))
        self.problems: list[Problem] = []
        self.templated = False
        self.control = False
        """A template statement stands here: parts may come and go."""
        self.tolerant = _WITH_COMMENTS.search(source.path) is not None
        self.depth = 0
        self._next()

    def roots(self) -> tuple[Node, ...]:
        roots: list[Node] = []
        try:
            while self.kind:
                before = self.start
                if roots and "\n" not in self.text[roots[-1].at.end : self.start]:
                    self._problem("not valid JSON: more text behind its end")
                    break
                roots.append(self._value())
                if self.start == before:
                    self._next()
        except _NestingError:
            roots = []
        return tuple(roots)

    # -- tokens

    def _next(self) -> None:
        """Moves to the next token; `kind` is empty at the end of the text."""
        while True:
            if self.templates:
                self.at = _SPACE.match(self.text, self.at).end()  # type: ignore[union-attr]
                if self.at in self.templates:
                    self.kind, self.start, self.end = "template", self.at, self.templates[self.at]
                    self.at = self.end
                    self.templated = True
                    if self.text[self.start + 1] in "%#":
                        self.control = True
                        continue
                    return
            found = _TOKEN.match(self.text, self.at)
            if found is None:
                # Nothing but white space is left, or a character that begins no token.
                self.at = _SPACE.match(self.text, self.at).end()  # type: ignore[union-attr]
                if self.at < len(self.text):
                    self.at += 1
                    continue
                self.kind, self.start, self.end = "", self.at, self.at
                return
            group: str = found.lastgroup  # type: ignore[assignment]
            self.start, self.end = found.span(group)
            self.at = self.end
            if group == "mark":
                self.kind = self.text[self.start]
                return
            self.kind = group
            if group == "block":
                close = self.text.find("*/", self.at)
                self.at = len(self.text) if close < 0 else close + 2
            if group in ("comment", "block"):
                if not self.tolerant:
                    self._problem("not valid JSON: a comment")
                continue
            return

    def _span(self) -> Span:
        return Span(self.path, self.start, self.end)

    def _problem(self, message: str) -> None:
        if not self.problems:
            end = min(max(self.end, self.start + 1), len(self.text))
            self.problems.append(Problem(message, Span(self.path, min(self.start, end), end)))

    def _too_deep(self) -> NoReturn:
        self._problem(f"nested more than {DEEPEST} levels deep")
        raise _NestingError

    # -- values

    def _value(self) -> Node:
        """One value; at a mark that begins none, a hole, and the mark stays."""
        if self.kind in ("{", "["):
            self.depth += 1
            if self.depth > DEEPEST:
                self._too_deep()
            nested: Mapping | Listing = self._object() if self.kind == "{" else self._array()
            self.depth -= 1
            return nested
        if self.kind in ("", ",", ":", "]", "}"):
            self._problem("not valid JSON: a value is missing")
            return Hole("", Span(self.path, self.start, self.start))
        node = self._scalar()
        self._next()
        if self.kind in ("word", "template", "number") and self.start == node.at.end:
            # `{{ a }}x`, `8{{ zeros }}`: one scalar.
            self.templated = True
            end = node.at.end
            while self.kind in ("word", "template", "number") and self.start == end:
                end = self.end
                self._next()
            return Hole(self.text[node.at.start : end], Span(self.path, node.at.start, end))
        return node

    def _scalar(self) -> Leaf | Hole:
        at = self._span()
        written = self.text[at.start : at.end]
        match self.kind:
            case "string":
                return self._string(written, at)
            case "number":
                return self._number(written, at)
            case "template":
                return Hole(written, at)
            case "word" if written in _CONSTANTS:
                return Leaf(_CONSTANTS[written], at, written)
            case "word":
                if written in _PYTHON:
                    self._problem(f"not valid JSON: `{written}` is `{_PYTHON[written]}`")
                elif _NUMERIC.fullmatch(written):
                    self._problem(f"not valid JSON: `{written}` is no number")
                else:
                    self.templated = True
                return Hole(written, at)
            case "single":
                self._problem("not valid JSON: a string in single quotes")
                return Hole(written[1:-1], at)
            case _:
                self._problem("not valid JSON: a string without an end")
                return Hole(written[1:], at)

    def _string(self, written: str, at: Span) -> Leaf | Hole:
        content = written[1:-1]
        if "\\" in content or not content.isprintable():
            try:
                content = json.loads(written)
            except ValueError:
                try:
                    content = json.loads(written, strict=False)
                    self._problem("not valid JSON: a control character in a string")
                except ValueError:
                    self._problem("not valid JSON: an escape in a string that there is not")
                    return Hole(content, at)
        if is_template(content):
            return Hole(content, at)
        return Leaf(content, at, written[1:-1], quoted=True)

    def _number(self, written: str, at: Span) -> Leaf | Hole:
        try:
            whole = written.lstrip("-").isdigit()
            return Leaf(int(written) if whole else float(written), at, written)
        except ValueError:
            # Python limits the digits of an integer that it reads.
            self._problem("not valid JSON: a number of too many digits")
            return Hole(written, at)

    def _key(self) -> Leaf | Hole:
        if self.kind == "string":
            return self._scalar()
        written = self.text[self.start : self.end]
        if self.kind == "template" or is_template(written):
            self.templated = True
            return Hole(written, self._span())
        if not (self.kind == "word" and self.tolerant):
            self._problem("not valid JSON: a key without double quotes")
        return Leaf(written.strip("'"), self._span(), written)

    def _object(self) -> Mapping:
        start, complete = self.start, True
        entries: list[Entry] = []
        self.control = False
        self._next()
        while self.kind not in ("}", ""):
            if self.kind == "open":
                self._problem("not valid JSON: a string without an end")
                complete = False
                self._next()
                continue
            if self.kind in ("string", "word", "single", "template", "number"):
                key = self._key()
                complete = complete and not isinstance(key, Hole)
                self._next()
                name = key.value if isinstance(key, Leaf) and isinstance(key.value, str) else key.text
                if self.kind != ":":
                    if not isinstance(key, Hole):
                        self._problem("not valid JSON: no `:` behind a key")
                    complete = False
                    if self.kind == ",":
                        self._next()
                    continue
                self._next()
                entries.append(Entry(name, key.at, self._value()))
            elif self.kind in ("{", "["):
                self._problem("not valid JSON: a key is missing")
                complete = False
                self._value()
            elif self.kind == "]":
                # Closes something outside, if anything is open there.
                self._problem("not valid JSON: `]` where `}` belongs")
                return Mapping(tuple(entries), Span(self.path, start, self.start), False)
            elif self.kind == ":":
                self._problem("not valid JSON: a key is missing")
                complete = False
                self._next()
                continue
            complete = self._comma("}") and complete
        return Mapping(tuple(entries), Span(self.path, start, self._closed()), complete and not self._cut())

    def _array(self) -> Listing:
        start, complete = self.start, True
        items: list[Node] = []
        self.control = False
        self._next()
        while self.kind not in ("]", ""):
            if self.kind == "}":
                self._problem("not valid JSON: `}` where `]` belongs")
                return Listing(tuple(items), Span(self.path, start, self.start), False)
            if self.kind == ":":
                self._problem("not valid JSON: `:` in a list")
                complete = False
                self._next()
                continue
            if self.kind != ",":
                items.append(self._value())
            complete = self._comma("]") and complete
        return Listing(tuple(items), Span(self.path, start, self._closed()), complete and not self._cut())

    def _comma(self, close: str) -> bool:
        """Moves over the comma between two members; False if something is wrong with it."""
        if self.kind == ",":
            before = Span(self.path, self.start, self.end)
            self._next()
            if self.kind == close and not self.tolerant:
                self.problems = self.problems or [Problem("not valid JSON: a comma behind the last member", before)]
            elif self.kind == ",":
                self._problem("not valid JSON: a member is missing")
                return False
            return True
        if self.kind in ("]", "}", ""):
            return True
        self._problem("not valid JSON: no comma between two members")
        return False

    def _closed(self) -> int:
        """The end of the object or array, whose closing mark is passed."""
        if not self.kind:
            self._problem("not valid JSON: it ends before all brackets are closed")
            self._unclosed = True
            return self.end
        self._unclosed = False
        end = self.end
        self._next()
        return end

    _unclosed = False

    def _cut(self) -> bool:
        return self._unclosed or self.control
