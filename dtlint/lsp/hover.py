"""What is shown under the pointer: what a word or a variable comes to, a launch, the rule that a comment names."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from lsprotocol import types

from dtlint.card import Card
from dtlint.diagnostic import Cause
from dtlint.lsp.positions import Text
from dtlint.lsp.snapshot import Snapshot
from dtlint.outline import Started
from dtlint.readings import Reading

if TYPE_CHECKING:
    from dtlint.lsp.server import Server

SUPPRESSION: Final = re.compile(r"dtlint[ \t]*:[ \t]*ignore(?:-file)?[ \t]*\[(?P<names>[^\]]*)")
"""Up to the bracket that closes the names of the rules."""
NAME: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


async def hover(server: Server, params: types.HoverParams) -> types.Hover | None:
    known = await server.known(params.text_document.uri)
    document = server.documents.get(params.text_document.uri)
    if known is None or document is None:
        return None
    snapshot, path = known
    offset = document.text.offset(params.position)
    named = _named(document.text.content, offset, snapshot)
    if named is not None:
        card, start, end = named
        return _shown(f"**{card.id}**: {card.title}\n\n{card.sections.get('Why', '')}", document.text.range(start, end))
    told: list[str] = []
    places: list[types.Range] = []
    for several in snapshot.readings(path):
        place = snapshot.range(several[0].at)
        if _within(document.text, offset, place):
            places.append(place)
            told += [_read(reading, snapshot, len(several) > 1) for reading in several]
    for launch in snapshot.started(path):
        place = snapshot.range(launch.at)
        if _within(document.text, offset, place):
            places.append(place)
            told += _explained(launch, snapshot)
    return _shown("\n\n".join(told), places[0]) if places else None


def _within(text: Text, offset: int, place: types.Range) -> bool:
    return text.offset(place.start) <= offset <= text.offset(place.end)


def _named(text: str, offset: int, snapshot: Snapshot) -> tuple[Card, int, int] | None:
    """The card of the rule that a suppression names here."""
    start = text.rfind("\n", 0, offset) + 1
    end = text.find("\n", offset)
    for comment in SUPPRESSION.finditer(text, start, len(text) if end < 0 else end):
        for name in NAME.finditer(text, comment.start("names"), comment.end("names")):
            if name.start() <= offset <= name.end():
                card = find(snapshot, name.group())
                return None if card is None else (card, name.start(), name.end())
    return None


def find(snapshot: Snapshot, name: str) -> Card | None:
    """The card of that name, or which once had that name."""
    return snapshot.cards.get(name) or next((card for card in snapshot.cards.values() if name in card.aliases), None)


def _read(reading: Reading, snapshot: Snapshot, named: bool) -> str:
    """What a place comes to; which job says so where others say something else."""
    said = f"{_quoted(reading.name)}: {_quoted(reading.text)}{_from(reading.because, snapshot)}"
    if reading.comes_to:
        said += f"  \n{reading.comes_to}"
    return f"{said}  \nin the job of {_quoted(reading.root)}" if named else said


def _explained(launch: Started, snapshot: Snapshot) -> list[str]:
    lines = [f"**{launch.tool}**: {launch.words}"]
    for name, number in (("nodes", launch.nodes), ("processes on each", launch.per_node)):
        if number.because:
            lines.append(f"{name}: {number.text}{_from(number.because, snapshot)}")
    return lines


def _from(because: Iterable[Cause], snapshot: Snapshot) -> str:
    places = []
    for cause in because:
        line = snapshot.range(cause.at).start.line + 1
        address = f"{snapshot.location(cause.at)['uri']}#L{line}"
        places.append(f"[{_quoted(cause.text)}]({address}) ({cause.at.path}:{line})")
    return f", from {' ← '.join(places)}" if places else ""


def _quoted(text: str) -> str:
    return "`" + " ".join(text.split()).replace("`", "'") + "`"


def _shown(markdown: str, place: types.Range) -> types.Hover:
    return types.Hover(types.MarkupContent(types.MarkupKind.Markdown, markdown), place)
