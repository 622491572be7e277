"""A rule's card: every word of the rule, and the examples that are its tests."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from dtlint.diagnostic import Severity
from dtlint.record import record

SECTIONS = ("Why", "Fix", "Bad", "Good", "Silent")
"""The headings of a card's body, in order."""


class CardError(Exception):
    """The card cannot be used; the message says why, for the person who wrote it."""


@record
class Example:
    """A small workspace and what dtlint says of it."""

    kind: str
    """bad, good or silent."""
    title: str
    """Empty for the only example of its kind."""
    files: Mapping[str, str]
    """Text by path, paths with forward slashes."""
    printed: str | None = None
    """What dtlint prints for it, as the card has it; None where the card has no such fence."""
    printed_at: tuple[int, int] = (0, 0)
    """Offsets in the card's text of `printed`, or where a fence with it belongs."""


@dataclass(frozen=True)
class Card:
    """The front matter of a card; its body is read when it is asked for."""

    id: str
    family: str
    title: str
    severity: Severity
    message: str
    """A template over the words of the finding, such as `{started} processes`."""
    symptoms: tuple[str, ...]
    fix_pattern: str
    evidence: tuple[str, ...]
    """Real threads and pages: a URL, or `owner/repository#number`."""
    path: Path
    body_at: int = 0
    """Offset of the body in `text`."""
    yields_to: tuple[str, ...] = ()
    """More precise rules: where one of these speaks of the same mistake, this rule is silent."""
    aliases: tuple[str, ...] = ()
    """Former names."""
    documented: bool = True
    """It may be said of a command in documentation, which leaves things out."""
    fix_title: str = ""
    fix_safe: bool = False
    frameworks: Mapping[str, str] = field(default_factory=dict)
    """The versions that it is about, by package: `{torch: ">=2.0"}`."""
    schema: Mapping[str, Any] | None = None
    """For a rule about the shape of one document: a fragment of JSON Schema, instead of a check."""

    given: str | None = field(default=None, repr=False)
    """The whole file where it is not at `path`, or was read already."""

    @cached_property
    def text(self) -> str:
        """The whole file; read when the body is asked for.  Raises `OSError`."""
        return self.path.read_text(encoding="utf-8") if self.given is None else self.given

    @cached_property
    def sections(self) -> Mapping[str, str]:
        """Markdown of each section by its heading, in the order of the card."""
        return {title: self.text[start:end].strip() for title, start, end in _sections(self.text, self.body_at)}

    @cached_property
    def examples(self) -> tuple[Example, ...]:
        """All examples in order; raises `CardError` for a fence that is no file."""
        found: list[Example] = []
        for title, start, end in _sections(self.text, self.body_at):
            if title in ("Bad", "Good", "Silent"):
                found += _examples(self.text, start, end, title.lower())
        return tuple(found)

    @cached_property
    def help(self) -> str:
        """The body without its examples that dtlint stays silent on: what a person needs who sees the finding."""
        parts = [f"## {title}\n\n{self.sections[title]}" for title in SECTIONS[:4] if title in self.sections]
        return "\n\n".join(parts)


Front = tuple[Mapping[str, Any], int]
"""The front matter, and the offset where the body begins."""


def load(path: Path) -> Card:
    """The card at `path`; its rule is named after the file, its family after the folder.  Raises `CardError`."""
    text = read(path)
    return card_of(split(text), path, text)


def parse(text: str, path: Path) -> Card:
    """The card that `text` is; `path` gives it its name and family.  Raises `CardError`."""
    return card_of(split(text), path, text)


def read(path: Path) -> str:
    """The text of the card at `path`.  Raises `CardError`."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as fault:
        raise CardError(f"cannot be read: {fault}") from fault


def card_of(split: Front, path: Path, text: str | None = None) -> Card:
    """The card with this front matter; without its `text`, the file at `path` has the body.  Raises `CardError`."""
    front, body_at = split
    fix = _Front(front.get("fix", {}), "fix.")
    words = _Front(front)
    schema = front.get("schema")
    if schema is not None and not isinstance(schema, dict):
        raise CardError("schema must be a mapping")
    try:
        severity = Severity(words.text("severity"))
    except ValueError as fault:
        raise CardError("severity must be error, warning or note") from fault
    return Card(
        id=path.stem.replace("_", "-"),
        family=path.parent.name,
        title=words.text("title"),
        severity=severity,
        message=words.text("message"),
        symptoms=words.texts("symptoms"),
        fix_pattern=words.text("fix_pattern"),
        evidence=words.texts("evidence"),
        path=path,
        body_at=body_at,
        yields_to=words.texts("yields_to", optional=True),
        documented=front.get("documented", True) is True,
        aliases=words.texts("aliases", optional=True),
        fix_title=fix.text("title") if "fix" in front else "",
        fix_safe="fix" in front and fix.text("safety") == "safe",
        frameworks=_Front(front.get("frameworks", {}), "frameworks.").pairs(),
        schema=schema,
        given=text,
    )


def split(text: str) -> Front:
    """Raises `CardError`."""
    import yaml  # takes 20 ms, and where the shelf has the front matter nobody asks

    closing = text.find("\n---\n", 3)
    if not text.startswith("---\n") or closing < 0:
        raise CardError("it has no front matter between lines of ---")
    try:
        front = yaml.load(text[4 : closing + 1], Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError as fault:
        raise CardError(f"the front matter is no YAML: {' '.join(str(fault).split())}") from fault
    if not isinstance(front, dict):
        raise CardError("the front matter is no mapping")
    return front, closing + 5


class _Front:
    """Typed reading of the front matter, without JSON Schema, which costs 40 ms to import."""

    def __init__(self, entries: object, prefix: str = "") -> None:
        if not isinstance(entries, dict):
            raise CardError(f"{prefix.rstrip('.')} must be a mapping")
        self.entries: dict[object, object] = entries
        self.prefix = prefix

    def text(self, key: str) -> str:
        value = self.entries.get(key)
        if not isinstance(value, str) or not value.strip():
            raise CardError(f"{self.prefix}{key} must be a text")
        return value

    def texts(self, key: str, optional: bool = False) -> tuple[str, ...]:
        value = self.entries.get(key, [] if optional else None)
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise CardError(f"{self.prefix}{key} must be a list of texts")
        return tuple(value)

    def pairs(self) -> Mapping[str, str]:
        return {str(key): self.text(str(key)) for key in self.entries}


# -- the body

_FENCE = re.compile(r"(`{3,}|~{3,})\s*(\S*)")
_NAME = re.compile(r"`([^`]+)`:$")


@record
class _Line:
    start: int
    text: str
    fenced: bool
    """It stands within a fence, or is one of its ends."""
    opens: str = ""
    """The language behind an opening fence, `-` for none; empty on every other line."""


def _lines(text: str, at: int, end: int) -> Iterator[_Line]:
    """Lines of `text[at:end]`, each once, with fences known."""
    fence = ""
    while at < end:
        stop = text.find("\n", at, end)
        stop = end if stop < 0 else stop
        line = text[at:stop]
        match = _FENCE.match(line)
        if fence:
            yield _Line(at, line, True)
            if match and match[1].startswith(fence) and line.strip() == match[1]:
                fence = ""
        elif match:
            fence = match[1]
            yield _Line(at, line, True, match[2] or "-")
        else:
            yield _Line(at, line, False)
        at = stop + 1


def _sections(text: str, at: int) -> Iterator[tuple[str, int, int]]:
    """Title, and offsets of the text below each heading of level two."""
    title, start = "", at
    for line in _lines(text, at, len(text)):
        if not line.fenced and line.text.startswith("## "):
            if title:
                yield title, start, line.start
            title, start = line.text[3:].strip(), min(line.start + len(line.text) + 1, len(text))
    if title:
        yield title, start, len(text)


def _examples(text: str, start: int, end: int, kind: str) -> Iterator[Example]:
    title, files, name = "", dict[str, str](), ""
    printed: str | None = None
    printed_at = (0, 0)
    lines = list(_lines(text, start, end))
    number = 0
    while number < len(lines):
        line = lines[number]
        number += 1
        if line.opens:
            first = number
            while number < len(lines) and lines[number].fenced and not lines[number].opens:
                number += 1
            closing = lines[number - 1]
            content_at = line.start + len(line.text) + 1
            if number == first or closing.text.strip() != line.text[: len(closing.text.strip())]:
                raise CardError(f"a fence under {kind.capitalize()} is not closed")
            content = text[content_at : closing.start]
            if name:
                files[name], name = content, ""
            elif line.opens == "text" and kind == "bad":
                printed, printed_at = content, (content_at, closing.start)
            else:
                raise CardError(f"a fence under {kind.capitalize()} has no file name in the line above it")
            if printed is None:
                printed_at = (min(closing.start + len(closing.text) + 1, end),) * 2
        elif line.text.startswith("### "):
            if files:
                yield Example(kind, title, files, printed, printed_at)
            title, files, name, printed = line.text[4:].strip(), {}, "", None
        elif match := _NAME.match(line.text.strip()):
            name = match[1]
        elif line.text.strip():
            name = ""
    if files:
        yield Example(kind, title, files, printed, printed_at)


def with_printed(text: str, example: Example, printed: str) -> str:
    """The card's `text` with what dtlint prints for `example` exchanged, or added behind its files."""
    start, end = example.printed_at
    if example.printed is None:
        return f"{text[:start]}\n```text\n{printed}```\n{text[end:]}"
    return text[:start] + printed + text[end:]
