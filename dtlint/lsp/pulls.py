"""Diagnostics that the client asks for, for one file or for all."""

from __future__ import annotations

from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

from lsprotocol import types

from dtlint.lsp.addresses import uri_of

if TYPE_CHECKING:
    from dtlint.lsp.server import Server


def advertise(server: Server) -> None:
    """Only to a client that asks: another one would have everything twice."""
    options = types.DiagnosticOptions(inter_file_dependencies=True, workspace_diagnostics=True, identifier="dtlint")

    async def one(params: types.DocumentDiagnosticParams) -> types.DocumentDiagnosticReport:
        return await of_document(server, params)

    async def every(params: types.WorkspaceDiagnosticParams) -> types.WorkspaceDiagnosticReport:
        return await of_workspace(server, params)

    server.feature(types.TEXT_DOCUMENT_DIAGNOSTIC, options)(one)
    server.feature(types.WORKSPACE_DIAGNOSTIC)(every)


async def of_document(server: Server, params: types.DocumentDiagnosticParams) -> types.DocumentDiagnosticReport:
    known = await server.known(params.text_document.uri)
    sent = [] if known is None else known[0].sent(known[1])
    identity = _identity(sent)
    if params.previous_result_id == identity:
        return types.RelatedUnchangedDocumentDiagnosticReport(result_id=identity)
    return types.RelatedFullDocumentDiagnosticReport(items=sent, result_id=identity)


async def of_workspace(server: Server, params: types.WorkspaceDiagnosticParams) -> types.WorkspaceDiagnosticReport:
    """Of all files that have something or had something when the client asked last."""
    if server.desk is None:
        return types.WorkspaceDiagnosticReport(items=[])
    await server.desk.settled()
    before = {entry.uri: entry.value for entry in params.previous_result_ids}
    reports: dict[str, types.WorkspaceDocumentDiagnosticReport] = {}
    for root, snapshot in server.desk.snapshots.items():
        for path in snapshot.found:
            place = Path(root, path)
            inner = server.desk.snapshot(place)
            if inner is None or inner[0] is not snapshot:
                continue
            document = server.document_at(place)
            uri, version = (uri_of(place), None) if document is None else (document.uri, document.version)
            sent = snapshot.sent(path)
            identity = _identity(sent)
            if before.get(uri) == identity:
                reports[uri] = types.WorkspaceUnchangedDocumentDiagnosticReport(uri, identity, version)
            else:
                reports[uri] = types.WorkspaceFullDocumentDiagnosticReport(uri, sent, version, result_id=identity)
    for uri in before:
        if uri not in reports:
            reports[uri] = types.WorkspaceFullDocumentDiagnosticReport(uri, [], None, result_id=_identity([]))
    return types.WorkspaceDiagnosticReport(items=list(reports.values()))


def _identity(sent: list[types.Diagnostic]) -> str:
    return blake2b(repr(sent).encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()
