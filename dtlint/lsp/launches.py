"""What is shown where launches stand: lenses, links to the files that they name, hints beside variables."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from lsprotocol import types

from dtlint.lsp.addresses import uri_of
from dtlint.outline import Number, Started

if TYPE_CHECKING:
    from dtlint.lsp.server import Server


async def lenses(server: Server, params: types.CodeLensParams) -> list[types.CodeLens]:
    known = await server.known(params.text_document.uri)
    if known is None or not server.settings.code_lens:
        return []
    snapshot, path = known
    found = []
    for launch in snapshot.started.get(path, ()):
        place = snapshot.range(launch.at)
        # A command without a name: it is text.
        found.append(
            types.CodeLens(types.Range(place.start, place.start), types.Command(title=title(launch), command=""))
        )
    return found


async def links(server: Server, params: types.DocumentLinkParams) -> list[types.DocumentLink]:
    known = await server.known(params.text_document.uri)
    if known is None:
        return []
    snapshot, path = known
    return [
        types.DocumentLink(snapshot.range(named.at), target=uri_of(Path(snapshot.root, named.path)))
        for named in snapshot.named.get(path, ())
    ]


async def hints(server: Server, params: types.InlayHintParams) -> list[types.InlayHint]:
    """Numbers of a launch whose words hold variables, behind the command."""
    known = await server.known(params.text_document.uri)
    if known is None or not server.settings.inlay_hints:
        return []
    snapshot, path = known
    found = []
    for launch in snapshot.started.get(path, ()):
        if launch.total.count is not None:
            end = snapshot.range(launch.at).end
            if params.range.start.line <= end.line <= params.range.end.line:
                found.append(types.InlayHint(end, title(launch), padding_left=True))
    return found


def title(launch: Started) -> str:
    """`4 nodes × 8 processes = 32 ranks`; a number that is not known is left out, or named as it is written."""
    nodes, per_node, total = launch.nodes, launch.per_node, launch.total
    if total.count is None and nodes.count is None and per_node.count is None:
        return f"{launch.tool}: the number of ranks is not known here"
    product = f"{_many(nodes, 'node')} × {_many(per_node, 'process', 'processes')}"
    return product if total.count is None else f"{product} = {_many(total, 'rank')}"


def _many(number: Number, one: str, more: str = "") -> str:
    if number.count is None:
        return f"{number.text} {more or one + 's'}"
    return f"{number.count} {one if number.count == 1 else more or one + 's'}"
