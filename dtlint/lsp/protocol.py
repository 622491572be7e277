"""pygls' protocol, held to what the specification says of messages that come at the wrong time or cannot be read."""

from __future__ import annotations

import logging
from typing import Any, Final

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.protocol import LanguageServerProtocol, lsp_method

log = logging.getLogger(__name__)

_NOT_YET: Final = types.ResponseError(
    code=types.ErrorCodes.ServerNotInitialized.value, message="the server is not initialized"
)
_TWICE: Final = types.ResponseError(code=types.ErrorCodes.InvalidRequest.value, message="initialized already")
_OVER: Final = types.ResponseError(code=types.ErrorCodes.InvalidRequest.value, message="the server shuts down")


class Protocol(LanguageServerProtocol):
    """Documents are kept by dtlint's own handlers, which are called as they are."""

    _greeted = False

    def structure_message(self, data: Any) -> Any:
        """Raises `JsonRpcException`, but answers a request first, since somebody waits."""
        try:
            return super().structure_message(data)
        except JsonRpcException as fault:
            if isinstance(data, dict) and "method" in data and isinstance(data.get("id"), int | str):
                self._send_response(data["id"], error=fault.to_response_error())
            raise

    def handle_message(self, message: Any) -> None:
        method = getattr(message, "method", None)
        asks = method is not None and getattr(message, "id", None) is not None
        refusal = None
        if method == types.INITIALIZE:
            refusal = _TWICE if self._greeted else None
            self._greeted = True
        elif method is not None and method != types.EXIT and not self._greeted:
            refusal = _NOT_YET
        elif method is not None and method != types.EXIT and self._shutdown:
            refusal = _OVER
        if refusal is None:
            super().handle_message(message)
        elif asks:
            self._send_response(message.id, error=refusal)
        else:
            log.info("ignored %s: %s", method, refusal.message)

    # What pygls would do with documents itself fails for those that it does not know.  These are no generators, as its
    # own are: pygls (2.1.1) keeps a future for each notification that a generator handles.

    @lsp_method(types.TEXT_DOCUMENT_DID_OPEN)
    def lsp_text_document__did_open(self, params: types.DidOpenTextDocumentParams) -> None:
        self.fm.features[types.TEXT_DOCUMENT_DID_OPEN](params)

    @lsp_method(types.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(self, params: types.DidChangeTextDocumentParams) -> None:
        self.fm.features[types.TEXT_DOCUMENT_DID_CHANGE](params)

    @lsp_method(types.TEXT_DOCUMENT_DID_CLOSE)
    def lsp_text_document__did_close(self, params: types.DidCloseTextDocumentParams) -> None:
        self.fm.features[types.TEXT_DOCUMENT_DID_CLOSE](params)

    @lsp_method(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)
    def lsp_workspace__did_change_workspace_folders(self, params: types.DidChangeWorkspaceFoldersParams) -> None:
        self.fm.features[types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS](params)
