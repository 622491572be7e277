"""Comments by which a person decides not to see a finding: `# dtlint: ignore[rule] reason`.

At the end of a line it counts for that line, and for the whole of a statement or command that continues over several
lines; alone on a line, for the next line that is neither blank nor a comment; `ignore-file` for the file.  In
Markdown it is `<!-- dtlint: ignore[rule] reason -->`, in reStructuredText `.. dtlint: ignore[rule] reason`, and counts
for the code block behind it.
"""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final

from dtlint.diagnostic import Diagnostic
from dtlint.facts.problem import Problem
from dtlint.read import markdown
from dtlint.read.kinds import Kind
from dtlint.record import record
from dtlint.source import Source, Span

_COMMENT: Final = re.compile(
    r"(?P<mark>#|<!--|\.\.)[ \t]*dtlint[ \t]*:[ \t]*(?P<verb>ignore-file|ignore)\b[ \t]*"
    r"(?:\[(?P<names>[^\]\r\n]*)\])?(?P<reason>[^\r\n]*)"
)
_HEADER: Final = re.compile(r"#(?:SBATCH|PBS|BSUB|\$) +-")
"""Comments for a shell that a scheduler reads."""
_NAME: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
HAS_COMMENTS: Final = frozenset(
    (Kind.PYTHON, Kind.SHELL, Kind.YAML, Kind.TOML, Kind.DOCKERFILE, Kind.MAKEFILE, Kind.DOTENV, Kind.HOSTFILE,
     Kind.MARKDOWN)
)
"""Kinds of files that have comments."""


@record
class Suppression:
    names: tuple[str, ...]
    at: Span
    """The comment from its `#` on."""
    first: int
    last: int
    """Lines that it counts for, both inclusive, from 1."""
    reason: str = ""


@record
class Comments:
    """What the comments of one file come to."""

    suppressions: tuple[Suppression, ...] = ()
    problems: tuple[Problem, ...] = ()
    """Comments that name no rule."""


def suppressions(source: Source, kind: Kind | None) -> Comments:
    """The suppressions of a file; none for a kind of file that has no such comments."""
    if kind not in HAS_COMMENTS or "dtlint" not in source.text:
        return Comments()
    found: list[Suppression] = []
    problems: list[Problem] = []
    lines: Lines | None = None
    for start in _comments(source, kind):
        comment = _COMMENT.match(source.text, start)
        if comment is None:
            continue
        if (comment.group("mark") == "#") is (kind is Kind.MARKDOWN):
            continue
        at = Span(source.path, start, start + len(comment.group().rstrip()))
        names = [name.strip() for name in (comment.group("names") or "").split(",")]
        if not all(_NAME.fullmatch(name) for name in names):
            verb = comment.group("verb")
            problems.append(Problem(f"name the rules that are meant: `dtlint: {verb}[rule-name]`", at))
            continue
        lines = lines or Lines(source, kind)
        if comment.group("verb") == "ignore-file":
            first, last = 1, len(source.starts)
        else:
            first, last = lines.meant(start)
        found.append(Suppression(tuple(names), at, first, last, comment.group("reason").strip(" \t:->")))
    return Comments(tuple(found), tuple(problems))


def _comments(source: Source, kind: Kind) -> Iterator[int]:
    """Where comments that may be meant for dtlint begin."""
    starts = [found.start() for found in _COMMENT.finditer(source.text)]
    if kind is Kind.MARKDOWN:
        # What stands in a code block shows how it is written.
        inside = markdown.blocks(source) if starts else ()
        yield from (start for start in starts if not any(block.at.start <= start < block.at.end for block in inside))
        return
    if kind is not Kind.PYTHON or not starts:
        for start in starts:
            if not _in_quotes(source, start):
                yield start
        return
    strings = _python_tokens(source)
    if strings is None:
        # A broken file: better to take a string for a comment than to report what somebody suppressed.
        yield from starts
        return
    yield from (start for start in starts if start in strings)


def _in_quotes(source: Source, start: int) -> bool:
    """A simple look at the line: an odd number of either quote before the `#`, or no space before it."""
    line = source.starts[source.position(start).line - 1]
    before = source.text[line:start]
    if before and not before[-1].isspace():
        return True
    bare = re.sub(r"\\.", "", before)
    double = re.sub(r"'[^']*'", "", bare).count('"')
    return double % 2 == 1 or re.sub(r'"[^"]*"', "", bare).count("'") % 2 == 1


def _python_tokens(source: Source) -> frozenset[int] | None:
    """Where comments begin, as Python's tokenizer sees it; None for a file that it cannot read."""
    found: set[int] = set()
    try:
        for token in tokenize.generate_tokens(io.StringIO(source.text, newline="").readline):
            if token.type == tokenize.COMMENT:
                row, column = token.start
                # A comment may hold dtlint's words behind others: `# type: ignore # dtlint: ignore[x]`.
                begin = source.starts[row - 1] + column
                found.update(begin + hit.start() for hit in _COMMENT.finditer(token.string))
    except (tokenize.TokenError, SyntaxError, ValueError):
        return None
    return frozenset(found)


class Lines:
    """Which physical lines make one logical line."""

    def __init__(self, source: Source, kind: Kind) -> None:
        self.source = source
        self.count = len(source.starts)
        self.groups = _python_groups(source) if kind is Kind.PYTHON else {}
        """First and last line of the statement that a line belongs to."""
        self.continued = kind in (Kind.SHELL, Kind.DOCKERFILE, Kind.MAKEFILE)
        self.blocks = markdown.blocks(source) if kind is Kind.MARKDOWN else ()

    def meant(self, start: int) -> tuple[int, int]:
        """The lines that a comment at `start` counts for."""
        number = self.source.position(start).line
        if self.source.text[self.source.starts[number - 1] : start].strip():
            return self.logical(number)
        following = number + 1
        while following <= self.count and self.blank(following):
            following += 1
        return self.logical(following) if following <= self.count else (number, number)

    def blank(self, number: int) -> bool:
        line = self.source.line(number).strip()
        return not line or (line.startswith("#") and not _HEADER.match(line))

    def logical(self, number: int) -> tuple[int, int]:
        if number in self.groups:
            return self.groups[number]
        first = last = number
        for block in self.blocks:
            begin = self.source.position(block.at.start).line
            if number < begin <= number + 2:
                return number, self.source.position(max(block.at.end - 1, block.at.start)).line
        if self.continued:
            while first > 1 and self.continues(first - 1):
                first -= 1
            while last < self.count and self.continues(last):
                last += 1
        return first, last

    def continues(self, number: int) -> bool:
        """The line goes on in the next one: a backslash at its end that is not itself escaped."""
        line = self.source.line(number)
        if line.lstrip().startswith("#"):
            return False
        return (len(line) - len(line.rstrip("\\"))) % 2 == 1


def _python_groups(source: Source) -> Mapping[int, tuple[int, int]]:
    groups: dict[int, tuple[int, int]] = {}
    first: int | None = None
    try:
        for token in tokenize.generate_tokens(io.StringIO(source.text, newline="").readline):
            if token.type in (tokenize.COMMENT, tokenize.NL, tokenize.INDENT, tokenize.DEDENT):
                continue
            if token.type == tokenize.NEWLINE:
                if first is not None:
                    last = token.start[0]
                    groups.update(dict.fromkeys(range(first, last + 1), (first, last)))
                first = None
            elif first is None:
                first = token.start[0]
    except (tokenize.TokenError, SyntaxError, ValueError):
        pass
    return groups


@record
class Filtered:
    kept: tuple[Diagnostic, ...]
    suppressed: tuple[tuple[Diagnostic, Suppression], ...]
    unused: tuple[tuple[Suppression, tuple[str, ...]], ...]
    """Suppressions, each with those of its names that suppressed nothing."""


class Suppressions:
    """The suppressions of a run, by file."""

    def __init__(
        self,
        source: Callable[[str], Source | None],
        comments: Mapping[str, Sequence[Suppression]],
        aliases: Mapping[str, str] | None = None,
    ) -> None:
        """`aliases` leads from former names of rules to their names."""
        self.source = source
        self.comments = comments
        self.aliases = aliases or {}

    def filter(self, diagnostics: Iterable[Diagnostic], asked: Callable[[str], bool] = lambda rule: True) -> Filtered:
        """Parts findings into kept and suppressed.

        A name is unused if it suppressed nothing, and its rule was `asked`: what did not run cannot be missed.
        """
        kept: list[Diagnostic] = []
        suppressed: list[tuple[Diagnostic, Suppression]] = []
        used: set[tuple[Suppression, str]] = set()
        for diagnostic in diagnostics:
            hits = list(self._hits(diagnostic))
            if hits:
                suppressed.append((diagnostic, hits[0][0]))
                used.update(hits)
            else:
                kept.append(diagnostic)
        unused = []
        for one in (one for path in sorted(self.comments) for one in self.comments[path]):
            left = tuple(name for name in one.names if (one, name) not in used and asked(self.aliases.get(name, name)))
            if left:
                unused.append((one, left))
        return Filtered(tuple(kept), tuple(suppressed), tuple(unused))

    def _hits(self, diagnostic: Diagnostic) -> Iterator[tuple[Suppression, str]]:
        comments = self.comments.get(diagnostic.at.path, ())
        if not comments:
            return
        source = self.source(diagnostic.at.path)
        if source is None:
            return
        line = source.position(diagnostic.at.start).line
        for one in comments:
            if one.first <= line <= one.last:
                for name in one.names:
                    if self.aliases.get(name, name) == diagnostic.rule:
                        yield one, name
