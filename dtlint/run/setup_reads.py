"""Variables that the text asks for which prepares the nodes of a workload, before the job has an environment."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from dtlint.job.workload import Workload
from dtlint.run.word import Piece
from dtlint.source import Span

_QUIET: Final = re.compile(
    r"'[^']*'|(?:^|(?<=[\s;]))#[^\n]*|(?:-[nzv]|test)\s+\"?\$\{?\w+\}?|\\.", re.MULTILINE
)
"""What a shell does not look into, and where it is asked whether a variable is there."""
_READ: Final = re.compile(r"\$(?:(\w+)|\{(\w+)[}#%/\[])")
"""Without a default."""


def reads(workload: Workload, names: Mapping[str, str]) -> Iterator[tuple[str, Span]]:
    """Where its setup needs one of the variables `names`, which neither it nor the task sets."""
    pieces = workload.setup.pieces if workload.setup is not None else ()
    texts = [piece.content if isinstance(piece.content, str) else " " for piece in pieces]
    whole = "".join(texts)
    if "<<" in whole:
        return  # a text that may be written into a file, to be run later
    given = workload.record.field("envs")
    heard = _QUIET.sub(lambda quiet: " " * len(quiet[0]), whole)
    for found in _READ.finditer(heard):
        name = found[1] or found[2]
        if name in names and given.field(name).is_absent and not re.search(rf"\b{name}=", whole):
            yield name, _place(found.start(), found.end(), pieces, texts)


def _place(start: int, end: int, pieces: tuple[Piece, ...], texts: list[str]) -> Span:
    """Where these characters of the whole text are written."""
    before = 0
    for piece, text in zip(pieces, texts, strict=True):
        if start < before + len(text):
            at = piece.at.start + start - before
            return Span(piece.at.path, at, at + end - start) if piece.exact else piece.at
        before += len(text)
    raise AssertionError("the text ends before the place")
