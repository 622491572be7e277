"""How a rule says what would mend its finding, without reading the text: resolved to edits against the text later.

Each has one method, `edits`, which gives nothing where the text is not as expected: then the finding has no fix.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Protocol

from dtlint.fix import Edit
from dtlint.record import record
from dtlint.source import Source, Span

Sources = Callable[[str], Source | None]
"""The text of a file of the workspace by its path."""


class Mend(Protocol):
    def edits(self, sources: Sources) -> tuple[Edit, ...]: ...


@record
class Replaced:
    """The one match of `old` within the place is replaced by `new`, in which `\\1` and `\\g<0>` mean groups."""

    at: Span
    old: re.Pattern[str]
    new: str
    needs: re.Pattern[str] | None = None
    """What must stand somewhere in the file, such as an import."""

    def edits(self, sources: Sources) -> tuple[Edit, ...]:
        source = sources(self.at.path)
        if source is None or (self.needs is not None and not self.needs.search(source.text)):
            return ()
        found = list(self.old.finditer(source.text[self.at.start : self.at.end]))
        if len(found) != 1:
            return ()
        (match,) = found
        at = Span(self.at.path, self.at.start + match.start(), self.at.start + match.end())
        return (Edit(at, match.expand(self.new)),)


def word(at: Span, old: str, new: str) -> Replaced:
    """`old` stands once in the place, as a word of its own; `new` is taken as it is."""
    pattern = re.compile(rf"(?<![\w.$-]){re.escape(old)}(?![\w.-])")
    return Replaced(at, pattern, new.replace("\\", r"\\"))


def whole(at: Span, old: str, new: str, needs: str = "") -> Replaced:
    """All of the place matches the pattern `old`."""
    return Replaced(at, re.compile(rf"\A(?:{old})\Z"), new, re.compile(needs, re.M) if needs else None)


@record
class HeadOfLoop:
    """A statement at the head of a Python loop, with the names that the text uses there.

    `statement` has the fields `{name}`, to which the value made at `made` is assigned, and `{variable}` of the loop.
    """

    loop: Span
    made: Span
    statement: str

    def edits(self, sources: Sources) -> tuple[Edit, ...]:
        source = sources(self.loop.path)
        if source is None or self.made.path != self.loop.path or self.made.start > self.loop.start:
            return ()
        text = source.text
        head = _HEAD.match(text, source.starts[source.position(self.loop.start).line - 1])
        assigned = _ASSIGNED.search(text[: self.made.start])
        if head is None or assigned is None or head["variable"] == "_":
            return ()
        between = text[self.made.end : self.loop.start]
        # A function in between may hide the name, or be where the loop stands.
        if re.search(r"^\s*(?:async\s+def|def|class)\b", between, re.M):
            return ()
        if re.search(rf"^\s*{re.escape(assigned['name'])}\s*[:,=](?!=)", between, re.M):
            return ()
        ending = "\r\n" if "\r\n" in head["end"] else "\n"
        line = self.statement.format(name=assigned["name"], variable=head["variable"])
        at = Span(self.loop.path, head.end(), head.end())
        return (Edit(at, f"{head['inner']}{line}{ending}"),)


_HEAD = re.compile(
    r"(?P<outer>[ \t]*)for[ \t]+(?P<variable>\w+)[ \t]+in[ \t][^\n#]*:[ \t]*(?:#[^\n]*)?(?P<end>\r?\n)"
    r"(?=(?:[ \t]*(?:#[^\n]*)?\r?\n)*(?P<inner>(?P=outer)[ \t]+)\S)"
)
"""The head of a `for` over one name on one line, and the indentation of its body."""
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

    def edits(self, sources: Sources) -> tuple[Edit, ...]:
        source = sources(self.at.path)
        if source is None or self.named.path != self.at.path:
            return ()
        first, last = sorted((self.at, self.named))
        if re.search(r"^\s*(?:async\s+def|def|class)\b", source.text[first.end : last.start], re.M):
            return ()  # a name may mean something else there
        words = re.fullmatch(self.old, source.text[self.named.start : self.named.end])
        number = source.position(self.at.start).line
        start, line = source.starts[number - 1], source.line(number)
        before = _ALONE.fullmatch(source.text[start : self.at.start])
        behind = line[self.at.end - start :].partition("#")[0]
        if words is None or before is None or behind.strip() or self.at.end > start + len(line):
            return ()
        ending = "\r\n" if source.text[start + len(line) :].startswith("\r\n") else "\n"
        added = words.expand(self.line)
        if self.behind:
            at = start + len(line)
            return (Edit(Span(self.at.path, at, at), f"{ending}{before['indent']}{added}"),)
        return (Edit(Span(self.at.path, start, start), f"{before['indent']}{added}{ending}"),)


_ALONE = re.compile(r"(?P<indent>[ \t]*)(?:\w+[ \t]*=[ \t]*)?")
