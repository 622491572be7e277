"""What is shown under the pointer: a launch with where its numbers come from, and the rule that a comment names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from lsprotocol import types

from dtlint.card import Card
from dtlint.lsp.launches import title
from dtlint.lsp.snapshot import Snapshot
from dtlint.outline import Started

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
    for launch in snapshot.started.get(path, ()):
        place = snapshot.range(launch.at)
        if document.text.offset(place.start) <= offset <= document.text.offset(place.end):
            return _shown("\n\n".join(_explained(launch, snapshot)), place)
    return None


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


def _explained(launch: Started, snapshot: Snapshot) -> list[str]:
    lines = [f"**{launch.tool}**: {title(launch)}"]
    for name, number in (("nodes", launch.nodes), ("processes on each", launch.per_node)):
        places = []
        for cause in number.because:
            line = snapshot.range(cause.at).start.line + 1
            address = f"{snapshot.location(cause.at)['uri']}#L{line}"
            places.append(f"[{_quoted(cause.text)}]({address}) ({cause.at.path}:{line})")
        if places:
            lines.append(f"{name}: {number.text}, from {' ← '.join(places)}")
    return lines


def _quoted(text: str) -> str:
    return "`" + " ".join(text.split()).replace("`", "'") + "`"


def _shown(markdown: str, place: types.Range) -> types.Hover:
    return types.Hover(types.MarkupContent(types.MarkupKind.Markdown, markdown), place)
