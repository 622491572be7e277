"""Names of rules, where a comment suppresses some, or the configuration chooses some."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from lsprotocol import types

from dtlint.config import FILE, PROJECT
from dtlint.lsp.hover import SUPPRESSION

if TYPE_CHECKING:
    from dtlint.lsp.server import Server

OPTIONS: Final = types.CompletionOptions(trigger_characters=["[", ",", '"'])

_WORD: Final = re.compile(r"[a-z0-9-]*\Z")
_TABLE: Final = re.compile(r"^[ \t]*\[([^\]\n]*)\]", re.MULTILINE)
_LISTS: Final = re.compile(r"(?:select|ignore)[ \t]*=[ \t]*\[[^\]]*\Z")


async def completions(server: Server, params: types.CompletionParams) -> types.CompletionList:
    known = await server.known(params.text_document.uri)
    document = server.documents.get(params.text_document.uri)
    if known is None or document is None:
        return types.CompletionList(is_incomplete=False, items=[])
    snapshot, path = known
    before = document.text.content[: document.text.offset(params.position)]
    written = _WORD.search(before)
    head = before[: written.start()] if written is not None else before
    families = _in_configuration(head, path)
    if not families and not _in_suppression(head):
        return types.CompletionList(is_incomplete=False, items=[])
    place = document.text.range(len(head), len(before))
    items = [
        types.CompletionItem(
            card.id,
            detail=card.title,
            kind=types.CompletionItemKind.EnumMember,
            text_edit=types.TextEdit(place, card.id),
        )
        for card in snapshot.cards.values()
    ]
    if families:
        items += [
            types.CompletionItem(
                family,
                detail="all rules of this family",
                kind=types.CompletionItemKind.Enum,
                text_edit=types.TextEdit(place, family),
            )
            for family in sorted({card.family for card in snapshot.cards.values()})
        ]
    return types.CompletionList(is_incomplete=False, items=items)


def _in_suppression(head: str) -> bool:
    line = head[head.rfind("\n") + 1 :]
    return any(found.end() == len(line) and "#" in line[: found.start()] for found in SUPPRESSION.finditer(line))


def _in_configuration(head: str, path: str) -> bool:
    """Inside of quotes in a list of rules of dtlint's table."""
    name = path.rpartition("/")[2]
    if name not in (FILE, PROJECT):
        return False
    tables = _TABLE.findall(head)
    table = tables[-1].strip() if tables else ""
    if name == PROJECT and not table.startswith("tool.dtlint"):
        return False
    line = head[head.rfind("\n") + 1 :]
    if line.count('"') % 2 == 0 and "severities" not in table:
        return False
    keys = head[head.rfind("\n[") + 1 :]
    return "per-path-ignores" in table or "severities" in table or _LISTS.search(keys) is not None
