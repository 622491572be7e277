"""Which files a run was made of, and what it asked about others: what must be unchanged for its verdict to stand."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from dtlint.facts.dockerfile import Dockerfile
from dtlint.facts.document import Document
from dtlint.facts.makefile import Makefile
from dtlint.facts.pins import Pin
from dtlint.facts.script import ScriptProgram
from dtlint.facts.shell import ShellProgram
from dtlint.run.files import Files
from dtlint.source import Source

Question = tuple[str, tuple[str | None, ...]]
"""A method of `Files` that asks which files there are, and its arguments."""


def answer(files: Files, question: Question) -> object:
    """What the workspace says now."""
    method, arguments = question
    found: object = getattr(files, method)(*arguments)
    return found


class Recording:
    """The same files, noting those whose content somebody asks for; implements `Files`."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._noted: set[str] = set()
        self._asked: dict[Question, object] = {}

    @contextmanager
    def into(self, noted: set[str], asked: dict[Question, object] | None = None) -> Iterator[None]:
        """Note the files whose content is asked for in `noted`, and what is said of which there are in `asked`."""
        before = self._noted, self._asked
        self._noted, self._asked = noted, {} if asked is None else asked
        try:
            yield
        finally:
            self._noted, self._asked = before

    def exists(self, path: str) -> bool:
        there = self._asked["exists", (path,)] = self._files.exists(path)
        return there

    def is_directory(self, path: str) -> bool:
        there = self._asked["is_directory", (path,)] = self._files.is_directory(path)
        return there

    def listing(self, directory: str) -> tuple[str, ...]:
        listed = self._asked["listing", (directory,)] = self._files.listing(directory)
        return listed

    def resolve(self, reference: str, directory: str | None, beside: str | None = None) -> str | None:
        found = self._asked["resolve", (reference, directory, beside)] = self._files.resolve(
            reference, directory, beside
        )
        return found

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

    def makefile(self, path: str) -> Makefile | None:
        self._noted.add(path)
        return self._files.makefile(path)

    def pins(self, path: str) -> tuple[Pin, ...]:
        self._noted.add(path)
        return self._files.pins(path)

    def hostfile(self, path: str) -> Document | None:
        self._noted.add(path)
        return self._files.hostfile(path)
