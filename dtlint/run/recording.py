"""Which files a run was made of: what must be unchanged for its verdict to stand."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from dtlint.facts.dockerfile import Dockerfile
from dtlint.facts.document import Document
from dtlint.facts.pins import Pin
from dtlint.facts.script import ScriptProgram
from dtlint.facts.shell import ShellProgram
from dtlint.run.files import Files
from dtlint.source import Source


class Recording:
    """The same files, noting those whose content somebody asks for; implements `Files`."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._noted: set[str] = set()

    @contextmanager
    def into(self, noted: set[str]) -> Iterator[None]:
        """Note the files asked for in `noted`."""
        before, self._noted = self._noted, noted
        try:
            yield
        finally:
            self._noted = before

    def exists(self, path: str) -> bool:
        return self._files.exists(path)

    def is_directory(self, path: str) -> bool:
        return self._files.is_directory(path)

    def listing(self, directory: str) -> tuple[str, ...]:
        return self._files.listing(directory)

    def resolve(self, reference: str, directory: str | None, beside: str | None = None) -> str | None:
        return self._files.resolve(reference, directory, beside)

    def source(self, path: str) -> Source | None:
        self._noted.add(path)
        return self._files.source(path)

    def shell(self, path: str) -> ShellProgram | None:
        self._noted.add(path)
        return self._files.shell(path)

    def script(self, path: str) -> ScriptProgram | None:
        self._noted.add(path)
        return self._files.script(path)

    def document(self, path: str) -> Document | None:
        self._noted.add(path)
        return self._files.document(path)

    def dockerfile(self, path: str) -> Dockerfile | None:
        self._noted.add(path)
        return self._files.dockerfile(path)

    def pins(self, path: str) -> tuple[Pin, ...]:
        self._noted.add(path)
        return self._files.pins(path)

    def hostfile(self, path: str) -> Document | None:
        self._noted.add(path)
        return self._files.hostfile(path)
