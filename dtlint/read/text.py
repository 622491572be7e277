"""Bytes become text here, and nowhere else: encodings, byte order marks, what is no text at all."""

from __future__ import annotations

import codecs
import re
from typing import Final

from dtlint.facts.problem import Problem
from dtlint.record import record
from dtlint.source import Source, Span

LARGEST: Final = 2_000_000
"""Bytes; a larger file is data, not something that a person wrote."""

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

# PEP 263: the comment must stand in the first or second line, and the first must be blank or a comment.
_DECLARED: Final = re.compile(
    rb"\A(?:[ \t\f]*(?:#[^\r\n]*)?\r?\n)?[ \t\f]*#[^\r\n]*?coding[:=][ \t]*([-\w.]+)", re.ASCII
)


@record
class Decoded:
    """The text of a file, and how to write it back."""

    source: Source | None
    """None for a file that is no text."""
    problems: tuple[Problem, ...] = ()
    encoding: str = "utf-8"
    mark: bytes = b""
    """The byte order mark that stood before the text."""

    def encode(self, text: str) -> bytes:
        """The bytes of a changed text, in the file's own encoding; raises `UnicodeEncodeError` where it has no such
        character."""
        return self.mark + text.encode(self.encoding, "surrogateescape")


def decode(path: str, content: bytes, *, python: bool = False) -> Decoded:
    """The text of `content`; bytes that are not valid become lone surrogates and one Problem.

    Python files may declare another encoding than UTF-8 (PEP 263).
    """
    encoding, mark = "utf-8", b""
    for candidate, name in _MARKS:
        if content.startswith(candidate):
            encoding, mark = name, candidate
            content = content[len(candidate) :]
            break
    else:
        if b"\0" in content:
            return Decoded(None, (Problem("looks binary", Span(path, 0, 0)),))
        if python and b"coding" in content[:400]:
            encoding = _declared(content)
    try:
        return Decoded(Source(path, content.decode(encoding)), (), encoding, mark)
    except UnicodeDecodeError as error:
        return _damaged(path, content, encoding, mark, error)
    except LookupError:
        problem = Problem(f"declares the unknown encoding {encoding}", Span(path, 0, 0))
        return Decoded(Source(path, content.decode("utf-8", "surrogateescape")), (problem,), "utf-8", mark)


def too_large(path: str, size: int, largest: int = LARGEST) -> Problem:
    return Problem(f"not read: {size:,} bytes, more than {largest:,}", Span(path, 0, 0))


def _declared(content: bytes) -> str:
    found = _DECLARED.match(content)
    return found.group(1).decode("ascii") if found else "utf-8"


def _damaged(path: str, content: bytes, encoding: str, mark: bytes, error: UnicodeDecodeError) -> Decoded:
    # Only codecs that map single bytes can keep a bad byte; UTF-16 and UTF-32 lose it.
    errors = "replace" if encoding.startswith(("utf-16", "utf-32")) else "surrogateescape"
    try:
        text = content.decode(encoding, errors)
        before = len(content[: error.start].decode(encoding, errors))
    except (UnicodeDecodeError, LookupError):
        encoding = "latin-1"
        text = content.decode(encoding)
        before = error.start
    problem = Problem(
        f"not valid {error.encoding}: byte 0x{content[error.start]:02x}", Span(path, before, min(before + 1, len(text)))
    )
    return Decoded(Source(path, text), (problem,), encoding, mark)
