"""Commands that code actions name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from lsprotocol import types

if TYPE_CHECKING:
    from dtlint.lsp.server import Server

EXPLAIN: Final = "dtlint.explain"


async def explain(server: Server, rule: str) -> bool:
    """Show the card of a rule."""
    if server.desk is None:
        return False
    for snapshot in server.desk.snapshots.values():
        card = snapshot.cards.get(rule)
        if card is not None and not server.can("window.show_document.support"):
            said = f"{card.id}: {card.title} ({card.path.resolve()})"
            server.window_show_message(types.ShowMessageParams(types.MessageType.Info, said))
            return True
        if card is not None:
            shown = await server.window_show_document_async(
                types.ShowDocumentParams(uri=card.path.resolve().as_uri(), take_focus=True)
            )
            return bool(shown.success)
    return False


COMMANDS: Final[Mapping[str, Callable[..., Any]]] = {EXPLAIN: explain}
