"""Commands that code actions and lenses name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from lsprotocol import types

from dtlint.lsp.addresses import path_of, uri_of

if TYPE_CHECKING:
    from dtlint.lsp.server import Server

EXPLAIN: Final = "dtlint.explain"
RANKS: Final = "dtlint.ranks"


async def explain(server: Server, rule: str) -> bool:
    """Show the card of a rule."""
    if server.desk is None:
        return False
    for snapshot in server.desk.snapshots.values():
        card = snapshot.cards.get(rule)
        if card is not None:
            path = card.path.resolve()
            return await _show(server, path, f"{card.id}: {card.title} ({path})")
    return False


async def ranks(server: Server, uri: str) -> bool:
    """Show the processes of the jobs that a file starts or has a part in."""
    path = path_of(uri)
    table = await server.desk.ranks(path) if server.desk is not None and path is not None else ""
    if not table:
        said = "dtlint knows no job that this file has a part in"
        server.window_show_message(types.ShowMessageParams(types.MessageType.Info, said))
        return False
    shown = server.shown / "ranks.txt"
    shown.write_text(table, encoding="utf-8")
    return await _show(server, shown, table)


async def _show(server: Server, path: Path, otherwise: str) -> bool:
    """The file, or some words to a client that cannot open one."""
    if not server.can("window.show_document.support"):
        server.window_show_message(types.ShowMessageParams(types.MessageType.Info, otherwise))
        return True
    shown = await server.window_show_document_async(types.ShowDocumentParams(uri=uri_of(path), take_focus=True))
    return bool(shown.success)


COMMANDS: Final[Mapping[str, Callable[..., Any]]] = {EXPLAIN: explain, RANKS: ranks}
