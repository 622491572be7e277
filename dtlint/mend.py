"""How a rule says what would mend its finding, without reading the text: resolved to edits against the text later.

Each has one method, `edits`, which gives None where the text is not as expected: then the finding has no fix.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from typing import Protocol

from dtlint.fix import Edit
from dtlint.record import record
from dtlint.source import Source, Span
from dtlint.value import Value

Sources = Callable[[str], Source | None]
"""The text of a file of the workspace by its path."""


class Mend(Protocol):
    def edits(self, sources: Sources) -> tuple[Edit, ...] | None: ...


@record
class Replaced:
    """The one match of `old` within the place is replaced by `new`, in which `\\1` and `\\g<0>` mean groups."""

    at: Span
    old: re.Pattern[str]
    new: str
    needs: re.Pattern[str] | None = None
    """What must stand somewhere in the file, such as an import."""

    def edits(self, sources: Sources) -> tuple[Edit, ...] | None:
        source = sources(self.at.path)
        if source is None or (self.needs is not None and not self.needs.search(source.text)):
            return None
        found = list(self.old.finditer(source.text[self.at.start : self.at.end]))
        if len(found) != 1:
            return None
        (match,) = found
        at = Span(self.at.path, self.at.start + match.start(), self.at.start + match.end())
        return (Edit(at, match.expand(self.new)),)


def word(at: Span, old: str, new: str, needs: str = "") -> Replaced:
    """`old` stands once in the place, as a word of its own; `new` is taken as it is."""
    pattern = re.compile(rf"(?<![\w.$-]){re.escape(old)}(?![\w.-])")
    return Replaced(at, pattern, new.replace("\\", r"\\"), re.compile(needs, re.M) if needs else None)


@record
class Removed:
    """All of the place matches `old`, and goes away with the blanks in front of it, as does a line of nothing else."""

    at: Span
    old: str

    def edits(self, sources: Sources) -> tuple[Edit, ...] | None:
        source = sources(self.at.path)
        if source is None or not re.fullmatch(self.old, source.text[self.at.start : self.at.end]):
            return None
        start, end = len(source.text[: self.at.start].rstrip(" \t")), self.at.end
        alone = _CONTINUED.match(source.text, end) if source.text[:start].endswith("\n") else None
        if alone is not None:
            end = alone.end()
        return (Edit(Span(self.at.path, start, end), ""),)


_CONTINUED = re.compile(r"[ \t]*\\\r?\n")
"""The rest of a line of a shell command that goes on in the next."""


@record
class FirstOf:
    """The first of several that fits the text."""

    mends: tuple[Mend, ...]

    def edits(self, sources: Sources) -> tuple[Edit, ...] | None:
        found = (mend.edits(sources) for mend in self.mends)
        return next((edits for edits in found if edits is not None), None)


def written(value: Value, new: str, needs: str = "") -> FirstOf:
    """The constant is another one, where it was written: in the place that uses it, or where its variable is set."""
    return FirstOf(tuple(word(step.at, str(value), new, needs) for step in value.trail if value.known))


def whole(at: Span, old: str, new: str, needs: str = "") -> Replaced:
    """All of the place matches the pattern `old`."""
    return Replaced(at, re.compile(rf"\A(?:{old})\Z"), new, re.compile(needs, re.M) if needs else None)


@record
class HeadOfLoop:
    """A statement at the head of a Python loop over a range, with the names that the text uses there.

    `statement` has the fields `{name}`, to which the value made at `made` is assigned, and `{variable}` of the loop.
    """

    loop: Span
    around: bool
    """The innermost `for` around the loop is meant."""
    made: Span
    statement: str

    def edits(self, sources: Sources) -> tuple[Edit, ...] | None:
        source = sources(self.loop.path)
        if source is None or self.made.path != self.loop.path or self.made.start > self.loop.start:
            return None
        number = source.position(self.loop.start).line
        if self.around:
            number = _for_around(source, number)
        text, start = source.text, source.starts[number - 1]
        head = _HEAD.match(text, start)
        assigned = _ASSIGNED.search(text[: self.made.start])
        if head is None or assigned is None or head["variable"] == "_" or start < self.made.end:
            return None
        between = text[self.made.end : start]
        # A function in between may hide the name, or be where the loop stands.
        if re.search(r"^\s*(?:async\s+def|def|class)\b", between, re.M):
            return None
        if re.search(rf"^\s*{re.escape(assigned['name'])}\s*[:,=](?!=)", between, re.M):
            return None
        line = self.statement.format(name=assigned["name"], variable=head["variable"])
        at = Span(self.loop.path, head.end(), head.end())
        return (Edit(at, f"{head['inner']}{line}{head['end']}"),)


@record
class HeadOfLoopAround:
    """A statement at the head of the Python loop over a range around another loop.

    `statement` has the fields `{name}`, over which the inner loop goes, and `{variable}` of the loop around.
    """

    outer: Span | None
    """None for the innermost `for` around the inner one."""
    inner: Span
    statement: str

    def edits(self, sources: Sources) -> tuple[Edit, ...] | None:
        source = sources(self.inner.path)
        if source is None or (self.outer is not None and self.outer.path != self.inner.path):
            return None
        number = source.position(self.inner.start).line
        over = _OVER.match(source.text, source.starts[number - 1])
        around = _for_around(source, number)
        if self.outer is not None and source.position(self.outer.start).line != around:
            return None
        head = _HEAD.match(source.text, source.starts[around - 1])
        if over is None or head is None or head["variable"] == "_":
            return None
        between = source.text[head.end() : over.start()]
        first = over["name"].partition(".")[0]
        if re.search(rf"^\s*(?:{re.escape(over['name'])}|{re.escape(first)})\s*[:,=](?!=)", between, re.M):
            return None  # it is made anew in each round
        line = self.statement.format(name=over["name"], variable=head["variable"])
        at = Span(self.inner.path, head.end(), head.end())
        return (Edit(at, f"{head['inner']}{line}{head['end']}"),)


_OVER = re.compile(r"[ \t]*for[ \t][^\n#]*?[ \t]in[ \t]+(?P<name>[A-Za-z_][\w.]*)[ \t]*:")


def _for_around(source: Source, number: int) -> int:
    """The line of the innermost `for` around a line of Python; the first line where there is none."""
    depth = _indent(source.line(number))
    for above in range(number - 1, 0, -1):
        line = source.line(above)
        if line.strip() and not line.lstrip().startswith("#") and _indent(line) < depth:
            depth = _indent(line)
            if line.lstrip().startswith("for "):
                return above
    return 1


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


_HEAD = re.compile(
    r"(?P<outer>[ \t]*)for[ \t]+(?P<variable>\w+)[ \t]+in[ \t]+(?:tqdm\(|tqdm\.tqdm\()?t?range\("
    r"[^\n#]*:[ \t]*(?:#[^\r\n]*)?(?P<end>\r?\n)"
    r"(?=(?:[ \t]*(?:#[^\r\n]*)?\r?\n)*(?P<inner>(?P=outer)[ \t]+)\S)"
)
"""The head of a `for` that counts, on one line, and the indentation of its body."""
_ASSIGNED = re.compile(r"^[ \t]*(?P<name>[A-Za-z_]\w*)[ \t]*=[ \t]*\Z", re.M)


@record
class Beside:
    """A line of its own in front of a one-line statement, or behind it, with the same indentation.

    All of the text at `named` matches `old`, whose groups make up the line.
    """

    at: Span
    """The call that the statement is, or whose result it assigns."""
    named: Span
    old: str
    line: str
    behind: bool = False

    def edits(self, sources: Sources) -> tuple[Edit, ...] | None:
        source = sources(self.at.path)
        if source is None or self.named.path != self.at.path:
            return None
        first, last = sorted((self.at, self.named))
        if re.search(r"^\s*(?:async\s+def|def|class)\b", source.text[first.end : last.start], re.M):
            return None  # a name may mean something else there
        words = re.fullmatch(self.old, source.text[self.named.start : self.named.end])
        number = source.position(self.at.start).line
        start, line = source.starts[number - 1], source.line(number)
        before = _ALONE.fullmatch(source.text[start : self.at.start])
        behind = line[self.at.end - start :].partition("#")[0]
        if words is None or before is None or behind.strip() or self.at.end > start + len(line):
            return None
        ending = "\r\n" if source.text[start + len(line) :].startswith("\r\n") else "\n"
        added = words.expand(self.line)
        if self.behind:
            at = start + len(line)
            return (Edit(Span(self.at.path, at, at), f"{ending}{before['indent']}{added}"),)
        return (Edit(Span(self.at.path, start, start), f"{before['indent']}{added}{ending}"),)


_ALONE = re.compile(r"(?P<indent>[ \t]*)(?:\w+[ \t]*=[ \t]*)?")


@record
class Imported:
    """A Python file imports the module, under its own name; where it does not yet, in front of its first import."""

    path: str
    module: str

    def edits(self, sources: Sources) -> tuple[Edit, ...] | None:
        source = sources(self.path)
        try:
            body = ast.parse(source.text).body if source is not None else []
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None
        imports = [node for node in body if isinstance(node, ast.Import | ast.ImportFrom)]
        for node in imports:
            names = [(alias.name, alias.asname) for alias in node.names] if isinstance(node, ast.Import) else []
            if (self.module, None) in names:
                return ()
        later = [node for node in imports if not isinstance(node, ast.ImportFrom) or node.module != "__future__"]
        if source is None or not later or later[0].col_offset:
            return None
        at = source.starts[later[0].lineno - 1]
        ending = "\r\n" if source.text[: source.text.find("\n") + 1].endswith("\r\n") else "\n"
        return (Edit(Span(self.path, at, at), f"import {self.module}{ending}"),)
