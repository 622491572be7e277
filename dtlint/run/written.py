"""Files that a script writes before it uses them, such as a DeepSpeed configuration from a here-document."""

from __future__ import annotations

import posixpath
from bisect import bisect_right
from collections.abc import Callable, Sequence

from dtlint.facts.document import Document, Entry, Hole, Leaf, Listing, Mapping, Node
from dtlint.facts.problem import Problem
from dtlint.job.run import Written
from dtlint.read import hostfile, json
from dtlint.run.word import Piece, Word
from dtlint.source import Source, Span

HOLE = "$DTLINT_HOLE"
"""Stands for a part that is not known; readers take it for a template."""


def json_document(word: Word, path: str) -> Document:
    """The JSON that the word's text is, with the places where its parts were written."""
    return _document(word, path, json.read)


def hosts_in(written: Sequence[Written], path: str) -> Document | None:
    """What is in the hostfile at `path`, if it is among the files that were written; the last text is the one."""
    for one in reversed(written):
        if one.path.string is None:
            return None  # it may be this one
        if posixpath.normpath(one.path.string) == path:
            return _document(one.text, one.text.at.path, hostfile.read)
    return None


def _document(word: Word, path: str, read: Callable[[Source], Document]) -> Document:
    starts: list[int] = []
    text = ""
    for piece in word.pieces:
        starts.append(len(text))
        text += piece.content if isinstance(piece.content, str) else HOLE
    document = read(Source(path, text))

    def place(at: Span) -> Span:
        return _place(at, word.pieces, starts) or word.at

    problems = tuple(Problem(problem.message, place(problem.at)) for problem in document.problems)
    return Document(path, document.format, tuple(_moved(root, place) for root in document.roots), problems)


def _place(at: Span, pieces: tuple[Piece, ...], starts: list[int]) -> Span | None:
    """Where the offsets of the joined text stand in a file."""
    if not pieces:
        return None
    first = max(bisect_right(starts, at.start) - 1, 0)
    piece = pieces[first]
    if not piece.exact:
        return piece.at
    begin = piece.at.start + at.start - starts[first]
    last = max(bisect_right(starts, max(at.end - 1, at.start)) - 1, 0)
    end = begin + at.end - at.start if last == first else piece.at.end
    return Span(piece.at.path, begin, end)


def _moved(node: Node, place: Callable[[Span], Span]) -> Node:
    """The node with all its places exchanged."""
    match node:
        case Leaf():
            return Leaf(node.value, place(node.at), node.text, node.quoted)
        case Hole():
            return Hole(node.text, place(node.at))
        case Mapping():
            entries = tuple(Entry(entry.key, place(entry.key_at), _moved(entry.node, place)) for entry in node.entries)
            return Mapping(entries, place(node.at), node.complete)
        case Listing():
            return Listing(tuple(_moved(item, place) for item in node.items), place(node.at), node.complete)
