"""Files of environment variables: `.env`, `docker run --env-file`."""

from __future__ import annotations

import re
from typing import Final

from dtlint.facts.document import Document, Entry, Hole, Leaf, Mapping
from dtlint.facts.problem import Problem
from dtlint.read.template import is_template
from dtlint.source import Source, Span

_LINE: Final = re.compile(
    r"[ \t]*(?:export[ \t]+)?(?P<name>[A-Za-z_][\w.-]*)"
    r"(?:(?P<equals>[ \t]*=)[ \t]*(?P<value>[^\r\n]*)|[ \t]*(?:#[^\n]*)?\r?$)",
    re.MULTILINE,
)
_QUOTED: Final = re.compile(r""""((?:[^"\\]|\\[\s\S])*+)"|'([^']*)'""")
_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\", "$": "$"}


def read(source: Source) -> Document:
    """One mapping of names to texts.

    A name without `=` takes its value from the environment around: it is a hole.  A value that refers to another
    variable is a hole, too; in single quotes it is text.
    """
    text = source.text
    entries: list[Entry] = []
    problems: list[Problem] = []
    at = 0
    while at < len(text):
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        line = text[at:end].strip()
        if line and not line.startswith("#"):
            found = _LINE.match(text, at)
            if found is None:
                if not problems:
                    problems.append(Problem("not a line of the form NAME=value", Span(source.path, at, end)))
            else:
                entry, behind = _entry(source, found)
                entries.append(entry)
                if behind > end:
                    end = text.find("\n", behind)
                    end = len(text) if end < 0 else end
        at = end + 1
    root = Mapping(tuple(entries), Span(source.path, 0, len(text)), not problems)
    return Document(source.path, "dotenv", (root,), tuple(problems))


def _entry(source: Source, found: re.Match[str]) -> tuple[Entry, int]:
    """The variable of a line, and where its value ends."""
    name_at = Span(source.path, *found.span("name"))
    if found.group("equals") is None:
        return Entry(found.group("name"), name_at, Hole("", Span(source.path, name_at.end, name_at.end))), name_at.end
    start = found.start("value")
    quoted = _QUOTED.match(source.text, start)
    if quoted is not None:
        at = Span(source.path, start, quoted.end())
        double, single = quoted.groups()
        if single is not None:
            return Entry(found.group("name"), name_at, Leaf(single, at, single, quoted=True)), at.end
        content = re.sub(r"\\(.)", lambda escape: _ESCAPES.get(escape.group(1), escape.group()), double)
        node = Hole(content, at) if is_template(content) else Leaf(content, at, double, quoted=True)
        return Entry(found.group("name"), name_at, node), at.end
    # A comment needs a space before it: `#` may be part of a value.
    written = re.split(r"(?:^|[ \t])#", found.group("value"), maxsplit=1)[0].rstrip()
    at = Span(source.path, start, start + len(written))
    node = Hole(written, at) if is_template(written) else Leaf(written, at, written)
    return Entry(found.group("name"), name_at, node), at.end
