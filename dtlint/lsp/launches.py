"""What is shown where launches stand: lenses, links to the files that they name, hints beside variables."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from lsprotocol import types

from dtlint.lsp.addresses import uri_of
from dtlint.lsp.commands import RANKS

if TYPE_CHECKING:
    from dtlint.lsp.server import Server


async def lenses(server: Server, params: types.CodeLensParams) -> list[types.CodeLens]:
    known = await server.known(params.text_document.uri)
    if known is None or not server.settings.code_lens:
        return []
    snapshot, path = known
    found = []
    for launch in snapshot.started(path):
        place = snapshot.range(launch.at)
        shown = types.Command(title=launch.words, command=RANKS, arguments=[params.text_document.uri])
        found.append(types.CodeLens(types.Range(place.start, place.start), shown))
    return found


async def links(server: Server, params: types.DocumentLinkParams) -> list[types.DocumentLink]:
    known = await server.known(params.text_document.uri)
    if known is None:
        return []
    snapshot, path = known
    return [
        types.DocumentLink(snapshot.range(named.at), target=uri_of(Path(snapshot.root, named.path)))
        for named in snapshot.named(path)
    ]


async def hints(server: Server, params: types.InlayHintParams) -> list[types.InlayHint]:
    """What a launch comes to, behind the command, and what its variables hold, behind each word."""
    known = await server.known(params.text_document.uri)
    if known is None or not server.settings.inlay_hints:
        return []
    snapshot, path = known
    found = []
    for launch in snapshot.started(path):
        if launch.total.count is not None:
            end = snapshot.range(launch.at).end
            if params.range.start.line <= end.line <= params.range.end.line:
                found.append(types.InlayHint(end, launch.words, padding_left=True))
    for several in snapshot.readings(path):
        place = snapshot.range(several[0].at)
        (reading, *others) = several
        if reading.in_command and not others and params.range.start.line <= place.end.line <= params.range.end.line:
            option = reading.name.partition("=")[0]
            found.append(types.InlayHint(place.end, f"= {reading.text.removeprefix(f'{option}=')}", padding_left=True))
    return found
