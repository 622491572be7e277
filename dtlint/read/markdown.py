"""Code blocks of Markdown and reStructuredText: where people keep commands that they never put into a script."""

from __future__ import annotations

import re
from typing import Final

from dtlint.record import record
from dtlint.source import Source, Span


@record
class Block:
    language: str
    """In lower case; empty where the block names none."""
    at: Span
    """The code, without its fences, to the end of its last line."""
    indent: int
    """Columns to be taken from each of its lines."""


_FENCE: Final = re.compile(
    r"(?P<indent>[ \t]*)(?:[-*+>][ \t]+|[0-9]+[.)][ \t]+)?(?P<fence>`{3,}|~{3,})[ \t]*\{?(?P<info>[\w+#.-]*)"
)
_DIRECTIVE: Final = re.compile(
    r"(?P<indent>[ \t]*)\.\.[ \t]+(?:code|code-block|sourcecode|prompt)::[ \t]*(?P<info>[\w+-]*)"
)


_LITERAL: Final = re.compile(r"(?P<indent>[ \t]*)(?!\.\.[ \t])(?:[^\n]*[^:\n])?::[ \t]*$(?P<info>)")
"""The end of a paragraph behind which, in reStructuredText, what is indented is code."""


_INDENT: Final = 4
_INDENTED: Final = re.compile(rf"(?P<info>)[ ]{{{_INDENT}}}[ \t]*\S")
_ITEM: Final = re.compile(r"[ \t]|[-*+>][ \t]|[0-9]+[.)][ \t]")
"""The beginning of a line that is, or may be, in a list, where indented text goes on with the item."""


def blocks(source: Source) -> tuple[Block, ...]:
    """Fenced and indented blocks, and `code-block` directives and literal blocks in files named `.rst`; a block without
    an end goes to the end."""
    directives = source.path.lower().endswith(".rst")
    found: list[Block] = []
    number, last = 1, len(source.starts)
    above, blank = "", True
    while number <= last:
        line = source.line(number)
        indented = _INDENTED.match(line) if blank and not directives and not _ITEM.match(above) else None
        above, blank = (line, False) if line.strip() else (above, True)
        number += 1
        fence = _FENCE.match(line)
        if fence is not None:
            first = number
            while number <= last and not _closes(source.line(number), fence.group("fence")):
                number += 1
            found.append(_block(source, fence, first, number, len(fence.group("indent"))))
            number += 1
            continue
        if indented is not None:
            first = number - 1
            while number <= last and (not source.line(number).strip() or _INDENTED.match(source.line(number))):
                number += 1
            found.append(_block(source, indented, first, number, _INDENT))
            above = ""
            continue
        directive = (_DIRECTIVE.match(line) or _LITERAL.match(line)) if directives else None
        if directive is not None:
            outer = len(directive.group("indent"))
            while number <= last and (not source.line(number).strip() or source.line(number).lstrip().startswith(":")):
                number += 1
            first = number
            indent = len(source.line(first)) - len(source.line(first).lstrip())
            if indent <= outer:
                continue
            while number <= last and (not source.line(number).strip() or source.line(number)[: outer + 1].isspace()):
                number += 1
            found.append(_block(source, directive, first, number, indent))
    return tuple(found)


def _closes(line: str, fence: str) -> bool:
    written = line.strip()
    return len(written) >= len(fence) and set(written) == {fence[0]}


def _block(source: Source, opening: re.Match[str], first: int, behind: int, indent: int) -> Block:
    start = source.starts[first - 1] if first <= len(source.starts) else len(source.text)
    end = source.starts[behind - 1] if behind <= len(source.starts) else len(source.text)
    return Block(opening.group("info").lower(), Span(source.path, start, end), indent)
