"""Hostfiles of MPI, DeepSpeed, Horovod and DGL: `host slots=8`, `host:8`, `host 8`, `address port`.

Not read: ranges of names (`node[01-04]` stands as one name, which is a hole) and relative nodes of Open MPI (`+n1`).
"""

from __future__ import annotations

import re
from typing import Final

from dtlint.facts.document import Document, Entry, Hole, Leaf, Listing, Mapping, Node
from dtlint.facts.problem import Problem
from dtlint.read.template import is_template
from dtlint.source import Source, Span

_FIRST_PORT: Final = 1024
"""A bare number behind a name counts slots below this, and is a port from here on."""

_LINE: Final = re.compile(
    r"(?:(?P<user>[\w.-]+)@)?(?P<name>\[[0-9A-Fa-f:]+\]|[^\s:=#@]+|[0-9A-Fa-f]*:[0-9A-Fa-f:]+)(?::(?P<colon>[^\s#]+))?"
    r"(?P<rest>[^#\r\n]*)"
)
_SETTING: Final = re.compile(r"(?P<key>[A-Za-z_-]+)[ \t]*=[ \t]*(?P<value>\S+)|(?P<bare>\S+)")
_NAME: Final = re.compile(r"\[[0-9A-Fa-f:]+\]|[\w.-]+|[0-9A-Fa-f:]+")


def read(source: Source) -> Document:
    """A list of mappings with the keys `host`, `user`, `slots`, `max_slots` and `port`, as far as a line has them.

    A line that is none of a hostfile gives the first problem and is left out.
    """
    lines: list[Node] = []
    problems: list[Problem] = []
    for number, start in enumerate(source.starts, 1):
        written = source.line(number)
        indent = len(written) - len(written.lstrip())
        content = written.partition("#")[0].strip()
        if not content:
            continue
        at = Span(source.path, start + indent, start + indent + len(content))
        line = _line(source, at)
        if line is not None:
            lines.append(line)
        elif not problems:
            problems.append(Problem("not a line of a hostfile", at))
    root = Listing(tuple(lines), Span(source.path, 0, len(source.text)), not problems)
    return Document(source.path, "hostfile", (root,), tuple(problems))


def _line(source: Source, at: Span) -> Mapping | None:
    found = _LINE.match(source.text, at.start, at.end)
    if found is None:
        return None

    def leaf(start: int, end: int) -> Leaf | Hole:
        written = source.text[start:end]
        place = Span(source.path, start, end)
        if written.isascii() and written.isdigit() and len(written) < 10:
            return Leaf(int(written), place, written)
        return Hole(written, place)

    name = found.group("name")
    place = Span(source.path, *found.span("name"))
    parts: dict[str, Leaf | Hole] = {
        "host": Leaf(name.strip("[]"), place, name) if _NAME.fullmatch(name) else Hole(name, place)
    }
    if found.group("user"):
        parts["user"] = Leaf(found.group("user"), Span(source.path, *found.span("user")), found.group("user"))
    if found.group("colon"):
        number = leaf(*found.span("colon"))
        parts[_number(number)] = number
    for setting in _SETTING.finditer(source.text, found.start("rest"), found.end("rest")):
        if setting.group("bare"):
            number = leaf(*setting.span("bare"))
            if isinstance(number, Hole) and not is_template(number.text):
                return None
            parts.setdefault(_number(number), number)
        else:
            # Open MPI takes `cpu` and `count` for `slots` (orte/util/hostfile/hostfile.c).
            key = setting.group("key").lower().replace("-", "_")
            parts[{"cpu": "slots", "count": "slots"}.get(key, key)] = leaf(*setting.span("value"))
    return Mapping(tuple(Entry(key, node.at, node) for key, node in parts.items()), at)


def _number(number: Leaf | Hole) -> str:
    is_port = isinstance(number, Leaf) and isinstance(number.value, int) and number.value >= _FIRST_PORT
    return "port" if is_port else "slots"
