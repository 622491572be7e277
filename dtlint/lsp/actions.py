"""What the client offers to do about a finding: mend it, mend all like it, suppress it, explain it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from lsprotocol import types

from dtlint.diagnostic import PROBLEM, Diagnostic
from dtlint.fix import Edit, Fix, collides
from dtlint.ignoring import ignore
from dtlint.lsp.addresses import uri_of
from dtlint.lsp.commands import EXPLAIN
from dtlint.lsp.snapshot import Snapshot
from dtlint.source import Source

if TYPE_CHECKING:
    from dtlint.lsp.server import Server

FIX_ALL: Final = "source.fixAll.dtlint"
OPTIONS: Final = types.CodeActionOptions(
    code_action_kinds=[types.CodeActionKind.QuickFix, types.CodeActionKind.SourceFixAll, FIX_ALL],
    resolve_provider=False,
)


async def actions(server: Server, params: types.CodeActionParams) -> list[types.CodeAction]:
    known = await server.known(params.text_document.uri)
    document = server.documents.get(params.text_document.uri)
    if known is None or document is None:
        return []
    snapshot, path = known
    if path in snapshot.stale or snapshot.buffers.get(path) != document.text.content:
        return []
    start, end = document.text.offset(params.range.start), document.text.offset(params.range.end)
    here = [found for found, _ in snapshot.found.get(path, ()) if found.at.start <= end and start <= found.at.end]
    everything = [found for found, _ in snapshot.found.get(path, ())]
    kinds = params.context.only
    offered: list[types.CodeAction] = []
    if _wants(kinds, types.CodeActionKind.QuickFix.value):
        for found in here:
            offered += _quick(server, snapshot, found, everything)
    if _wants(kinds, FIX_ALL):
        safe = [found for found in everything if found.fix is not None and found.fix.safe]
        offered += _all_of(server, snapshot, safe, "Mend all that dtlint can mend safely here", FIX_ALL)
    return offered


def _quick(
    server: Server, snapshot: Snapshot, found: Diagnostic, everything: Sequence[Diagnostic]
) -> list[types.CodeAction]:
    sent = [said for one, said in snapshot.found[found.at.path] if one is found]
    quick = types.CodeActionKind.QuickFix
    offered: list[types.CodeAction] = []
    if found.fix is not None:
        edit = _edit(server, snapshot, [found.fix])
        if edit is not None:
            title = found.fix.title if found.fix.safe else f"{found.fix.title} (look at it: it may change the training)"
            offered.append(
                types.CodeAction(title, kind=quick, diagnostics=sent, is_preferred=found.fix.safe, edit=edit)
            )
        alike = [one for one in everything if one.rule == found.rule and one.fix is not None]
        if len(alike) > 1:
            offered += _all_of(server, snapshot, alike, f"Mend all {len(alike)} findings of {found.rule} here", quick)
    if found.rule == PROBLEM:
        return offered
    suppression = _suppression(snapshot, found)
    if suppression is not None:
        edit = _edit(server, snapshot, [suppression])
        offered.append(types.CodeAction(suppression.title, kind=quick, diagnostics=sent, edit=edit))
    if found.rule in snapshot.cards:
        command = types.Command(title=f"Explain {found.rule}", command=EXPLAIN, arguments=[found.rule])
        offered.append(types.CodeAction(command.title, kind=quick, diagnostics=sent, command=command))
    return offered


def _all_of(
    server: Server, snapshot: Snapshot, found: Iterable[Diagnostic], title: str, kind: str
) -> list[types.CodeAction]:
    edit = _edit(server, snapshot, [one.fix for one in found if one.fix is not None])
    return [] if edit is None else [types.CodeAction(title, kind=kind, edit=edit)]


def _suppression(snapshot: Snapshot, found: Diagnostic) -> Fix | None:
    """None in a file that has no comments."""
    text = snapshot.text(found.at.path)
    if text is None:
        return None
    source = Source(found.at.path, text.content)
    edit = ignore(found, source, snapshot.kinds.get(found.at.path))
    return None if edit is None else Fix(f"Suppress {found.rule} here, with a reason", (edit,), safe=True)


def _edit(server: Server, snapshot: Snapshot, fixes: Iterable[Fix]) -> types.WorkspaceEdit | None:
    """The edits of the fixes, those left out that come into the way of an earlier one; None if none is left."""
    taken: dict[str, set[Edit]] = {}
    for fix in fixes:
        unread = any(edit.at.path in snapshot.stale or snapshot.text(edit.at.path) is None for edit in fix.edits)
        if not unread and not any(collides(edit, taken.get(edit.at.path, ())) for edit in fix.edits):
            for edit in fix.edits:
                taken.setdefault(edit.at.path, set()).add(edit)
    if not taken:
        return None
    by_uri: dict[str, list[types.TextEdit]] = {}
    versions: dict[str, int | None] = {}
    for path, edits in taken.items():
        place = Path(snapshot.root, path)
        document = server.document_at(place)
        if document is not None and document.text.content != snapshot.buffers.get(path):
            return None
        uri = uri_of(place) if document is None else document.uri
        versions[uri] = None if document is None else document.version
        by_uri[uri] = [types.TextEdit(snapshot.range(edit.at), edit.text) for edit in sorted(edits)]
    if not server.can("workspace.workspace_edit.document_changes"):
        return types.WorkspaceEdit(changes=dict(by_uri))
    return types.WorkspaceEdit(
        document_changes=[
            types.TextDocumentEdit(types.OptionalVersionedTextDocumentIdentifier(uri, versions[uri]), list(edits))
            for uri, edits in by_uri.items()
        ]
    )


def _wants(only: Sequence[types.CodeActionKind | str] | None, kind: str) -> bool:
    """The client asks for this kind, or for one above it."""
    if only is None:
        return True
    asked = [one.value if isinstance(one, types.CodeActionKind) else one for one in only]
    return any(not one or kind == one or kind.startswith(f"{one}.") for one in asked)
