"""The texts that the client has open, kept by ourselves: what pygls keeps splits lines at more than line ends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from lsprotocol import types

from dtlint.lsp.addresses import path_of
from dtlint.lsp.positions import Text


@dataclass(slots=True)
class Document:
    uri: str
    path: Path | None
    """None for a text that is in no file yet."""
    version: int
    text: Text


class Documents:
    def __init__(self) -> None:
        self.encoding = types.PositionEncodingKind.Utf16.value
        self._open: dict[str, Document] = {}

    def __iter__(self) -> Iterator[Document]:
        return iter(tuple(self._open.values()))

    def get(self, uri: str) -> Document | None:
        return self._open.get(uri)

    def opened(self, item: types.TextDocumentItem) -> Document:
        """One that is open already is taken as it comes now."""
        document = Document(item.uri, path_of(item.uri), item.version, Text(item.text, self.encoding))
        self._open[item.uri] = document
        return document

    def changed(
        self,
        named: types.VersionedTextDocumentIdentifier,
        changes: Sequence[types.TextDocumentContentChangeEvent],
    ) -> Document | None:
        """None for a document that was never opened, whose text nobody knows."""
        document = self._open.get(named.uri)
        if document is None:
            return None
        for change in changes:
            document.text = document.text.changed(change)
        document.version = named.version
        return document

    def closed(self, uri: str) -> bool:
        return self._open.pop(uri, None) is not None
