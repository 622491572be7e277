"""The server: what the client says goes to the desk, what the desk finds goes to the client."""

from __future__ import annotations

import asyncio
import logging
import tempfile
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Any, Final

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from dtlint import __version__
from dtlint.lsp import actions, commands, completion, hover, launches, pulls
from dtlint.lsp.addresses import path_of, uri_of
from dtlint.lsp.desk import Desk
from dtlint.lsp.documents import Document, Documents
from dtlint.lsp.protocol import Protocol
from dtlint.lsp.settings import Settings, settings_of
from dtlint.lsp.snapshot import Manner, Snapshot
from dtlint.read.kinds import EXTENSIONS
from dtlint.workspace import SKIPPED

log = logging.getLogger(__name__)

PATIENCE: Final = 10.0
"""Seconds that a request waits for what was typed before it to be judged."""

Published = tuple[int | None, list[types.Diagnostic]]
"""The version of a document, None for a file that is not open, and its diagnostics."""

_WATCHED: Final = (
    f"**/*.{{{','.join((*EXTENSIONS, 'txt', 'list', 'lock', 'cfg', 'conf', 'hosts'))}}}",
    "**/{Dockerfile,Containerfile,Makefile,makefile,GNUmakefile,hostfile,hosts,.gitignore,.env}*",
)
_ANY_FILE: Final = types.FileOperationRegistrationOptions(
    filters=[types.FileOperationFilter(pattern=types.FileOperationPattern(glob="**/*"), scheme="file")]
)


class Server(LanguageServer):
    def __init__(self) -> None:
        super().__init__("dtlint", __version__, protocol_cls=Protocol)
        self.documents = Documents()
        self.desk: Desk | None = None
        self.settings = Settings()
        self.folders: set[Path] = set()
        self.pulls = False
        """The client asks for diagnostics itself, so that they are not sent twice."""
        self._published: dict[str, Published] = {}
        self._progress: str | None = None
        self._tasks: set[asyncio.Task[Any]] = set()
        self._shown: tempfile.TemporaryDirectory[str] | None = None
        for method, handler, options in _FEATURES:
            self.feature(method, options)(_bound(self, handler))
        for name, run in commands.COMMANDS.items():
            self.command(name)(_bound(self, run))

    # -- what the client says

    def began(self, params: types.InitializeParams) -> None:
        capabilities = params.capabilities
        encoding = self.protocol.workspace.position_codec.encoding
        self.documents.encoding = types.PositionEncodingKind(encoding or types.PositionEncodingKind.Utf16).value
        self.settings = settings_of(params.initialization_options)
        folders = [folder.uri for folder in params.workspace_folders or ()]
        if not folders and params.root_uri is not None:
            folders = [params.root_uri]
        self.folders = {path for uri in folders if (path := _folder(uri)) is not None}
        asks = capabilities.text_document is not None and capabilities.text_document.diagnostic is not None
        # Without a way to say that other files have changed, what is pulled would not be live.
        self.pulls = asks and self.can("workspace.diagnostics.refresh_support")
        if self.pulls:
            pulls.advertise(self)
        self.desk = Desk(
            asyncio.get_running_loop(),
            told=self._told,
            progress=self._on_the_way,
            failed=self._failed,
            manner=Manner(self.documents.encoding, self.protocol._converter.structure),
            settings=self.settings,
        )

    def ready(self, params: types.InitializedParams) -> None:
        registrations = []
        if self.can("workspace.did_change_watched_files.dynamic_registration"):
            watchers = [types.FileSystemWatcher(glob_pattern=pattern) for pattern in _WATCHED]
            registrations.append(
                types.Registration(
                    id="dtlint-files",
                    method=types.WORKSPACE_DID_CHANGE_WATCHED_FILES,
                    register_options=types.DidChangeWatchedFilesRegistrationOptions(watchers=watchers),
                )
            )
        if self.can("workspace.did_change_configuration.dynamic_registration"):
            registrations.append(
                types.Registration(
                    id="dtlint-settings",
                    method=types.WORKSPACE_DID_CHANGE_CONFIGURATION,
                    register_options=types.DidChangeConfigurationRegistrationOptions(section="dtlint"),
                )
            )
        if registrations:
            self.later(self.client_register_capability_async(types.RegistrationParams(registrations)))
        self.later(self._begin())

    async def _begin(self) -> None:
        """Folders are opened with the user's settings, which say whom to trust."""
        await self._ask_for_settings()
        if self.desk is not None and self.folders:
            for folder in sorted(self.folders):
                self.desk.folder(folder)
            if self.can("window.work_done_progress"):
                self.later(self._begin_progress())

    async def _begin_progress(self) -> None:
        token = "dtlint-first"
        await self.work_done_progress.create_async(token)
        if self.desk is not None and not self.desk.snapshots:
            self._progress = token
            self.work_done_progress.begin(token, types.WorkDoneProgressBegin(title="dtlint", percentage=0))

    async def _ask_for_settings(self) -> None:
        if not self.can("workspace.configuration"):
            return
        asked = types.ConfigurationParams([types.ConfigurationItem(section="dtlint")])
        try:
            given = await asyncio.wait_for(self.workspace_configuration_async(asked), PATIENCE)
        except Exception as fault:
            log.warning("the client does not tell its settings: %s", fault)
            return
        if given and given[0] is not None:
            self._set(settings_of(given[0]))

    def configured(self, params: types.DidChangeConfigurationParams) -> None:
        if self.can("workspace.configuration"):
            self.later(self._ask_for_settings())
        elif params.settings is not None:
            self._set(settings_of(params.settings))

    def _set(self, settings: Settings) -> None:
        if settings != self.settings:
            self.settings = settings
            if self.desk is not None:
                self.desk.configure(settings)

    def opened(self, params: types.DidOpenTextDocumentParams) -> None:
        self._hand(params.text_document.uri, self.documents.opened(params.text_document).text.content)

    def changed(self, params: types.DidChangeTextDocumentParams) -> None:
        document = self.documents.changed(params.text_document, params.content_changes)
        if document is not None:
            self._hand(document.uri, document.text.content)

    def closed(self, params: types.DidCloseTextDocumentParams) -> None:
        if self.documents.closed(params.text_document.uri):
            self._hand(params.text_document.uri, None)

    def saved(self, params: types.DidSaveTextDocumentParams) -> None:
        self._rescan()

    def watched(self, params: types.DidChangeWatchedFilesParams) -> None:
        paths = (path_of(change.uri) for change in params.changes)
        if any(path is not None and not SKIPPED & set(path.parts) for path in paths):
            self._rescan()

    def moved(self, params: object) -> None:
        """Files came, went or were renamed."""
        self._rescan()

    def folders_changed(self, params: types.DidChangeWorkspaceFoldersParams) -> None:
        for folder in params.event.removed:
            path = _folder(folder.uri)
            if path is not None and path in self.folders and self.desk is not None:
                self.folders.discard(path)
                self.desk.no_folder(path)
        for folder in params.event.added:
            path = _folder(folder.uri)
            if path is not None and path not in self.folders and self.desk is not None:
                self.folders.add(path)
                self.desk.folder(path)

    def ended(self, params: object) -> None:
        if self._shown is not None:
            self._shown.cleanup()
        if self.desk is not None:
            self.desk.stop()

    def _hand(self, uri: str, text: str | None) -> None:
        path = path_of(uri)
        if path is not None and self.desk is not None:
            self.desk.edit(path, text)

    def _rescan(self) -> None:
        if self.desk is not None:
            self.desk.rescan()

    # -- what the client asks

    async def known(self, uri: str) -> tuple[Snapshot, str] | None:
        """What holds for a file when all that was typed is judged; None where nothing is known of it."""
        path = path_of(uri)
        if path is None or self.desk is None:
            return None
        await self.desk.settled(PATIENCE)
        return self.desk.snapshot(path)

    @property
    def shown(self) -> Path:
        """A folder for texts that are shown to the user; it goes with the server."""
        if self._shown is None:
            self._shown = tempfile.TemporaryDirectory(prefix="dtlint-")
        return Path(self._shown.name)

    def document_at(self, place: Path) -> Document | None:
        """The open document of a file, whatever the client calls it."""
        return next((document for document in self.documents if document.path == place), None)

    # -- what the client is told

    def _told(self) -> None:
        if self._progress is not None:
            self.work_done_progress.end(self._progress, types.WorkDoneProgressEnd())
            self._progress = None
        if self.pulls:
            self.later(self.workspace_diagnostic_refresh_async(None))
        else:
            self._publish()
        if self.can("workspace.code_lens.refresh_support"):
            self.later(self.workspace_code_lens_refresh_async(None))

    def _publish(self) -> None:
        """Send what is new, and nothing for files that have nothing any more."""
        if self.desk is None:
            return
        wanted: dict[str, Published] = {}
        for root, snapshot in self.desk.snapshots.items():
            for path in {*snapshot.found, *snapshot.buffers}:
                place = Path(root, path)
                inner = self.desk.snapshot(place)
                if inner is None or inner[0] is not snapshot:
                    continue
                document = self.document_at(place)
                if document is None:
                    if snapshot.found.get(path):
                        wanted[uri_of(place)] = (None, snapshot.sent(path))
                elif snapshot.buffers.get(path) == document.text.content:
                    wanted[document.uri] = (document.version, snapshot.sent(path))
                elif document.uri in self._published:
                    # It has changed again: the next round speaks of it.
                    wanted[document.uri] = self._published[document.uri]
        for uri in sorted({*wanted, *self._published}):
            said = wanted.get(uri, (None, []))
            if self._published.get(uri) != said:
                self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, said[1], said[0]))
        self._published = wanted

    def _on_the_way(self, doing: str, number: int, count: int) -> None:
        if self._progress is not None:
            percentage = 100 * number // max(1, count)
            self.work_done_progress.report(
                self._progress, types.WorkDoneProgressReport(message=doing, percentage=percentage)
            )

    def _failed(self, message: str) -> None:
        self.window_show_message(types.ShowMessageParams(types.MessageType.Error, message))

    def report_server_error(self, error: Exception, source: Any) -> None:
        """In the log: a window for each message that cannot be read would hide what the user works at."""
        log.error("%s: %s", source.__name__, error)

    def later(self, work: Awaitable[Any]) -> None:
        """Ask the client something whose answer nobody needs to wait for."""

        async def done() -> None:
            try:
                await work
            except Exception as fault:
                log.warning("the client refuses: %s", fault)

        task = asyncio.ensure_future(done())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def can(self, capability: str) -> bool:
        found: Any = self.protocol.client_capabilities
        for name in capability.split("."):
            found = getattr(found, name, None)
        return found is True


def _folder(uri: str) -> Path | None:
    path = path_of(uri)
    try:
        return None if path is None else path.resolve()
    except OSError:
        return None


def _bound(server: Server, handler: Callable[..., Any]) -> Callable[..., Any]:
    """The handler as pygls calls it, which tells by its kind whether to await it."""
    if asyncio.iscoroutinefunction(handler):

        async def waiting(*arguments: Any) -> Any:
            return await handler(server, *arguments)

        return waiting

    def at_once(*arguments: Any) -> Any:
        return handler(server, *arguments)

    return at_once


_FEATURES: Final[Iterable[tuple[str, Callable[..., Any], Any]]] = (
    (types.INITIALIZE, Server.began, None),
    (types.INITIALIZED, Server.ready, None),
    (types.SHUTDOWN, Server.ended, None),
    (types.TEXT_DOCUMENT_DID_OPEN, Server.opened, None),
    (types.TEXT_DOCUMENT_DID_CHANGE, Server.changed, None),
    (types.TEXT_DOCUMENT_DID_CLOSE, Server.closed, None),
    (types.TEXT_DOCUMENT_DID_SAVE, Server.saved, None),
    (types.WORKSPACE_DID_CHANGE_WATCHED_FILES, Server.watched, None),
    (types.WORKSPACE_DID_CHANGE_CONFIGURATION, Server.configured, None),
    (types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS, Server.folders_changed, None),
    (types.WORKSPACE_DID_CREATE_FILES, Server.moved, _ANY_FILE),
    (types.WORKSPACE_DID_RENAME_FILES, Server.moved, _ANY_FILE),
    (types.WORKSPACE_DID_DELETE_FILES, Server.moved, _ANY_FILE),
    (types.TEXT_DOCUMENT_CODE_ACTION, actions.actions, actions.OPTIONS),
    (types.TEXT_DOCUMENT_HOVER, hover.hover, None),
    (types.TEXT_DOCUMENT_CODE_LENS, launches.lenses, None),
    (types.TEXT_DOCUMENT_DOCUMENT_LINK, launches.links, None),
    (types.TEXT_DOCUMENT_INLAY_HINT, launches.hints, None),
    (types.TEXT_DOCUMENT_COMPLETION, completion.completions, completion.OPTIONS),
)
