"""A workspace in a dict: what tests give to the parts that read files, `MemoryFiles({"train.py": "…"})`."""

from __future__ import annotations

import importlib
import posixpath
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from dtlint.facts.dockerfile import Dockerfile
from dtlint.facts.document import Document
from dtlint.facts.makefile import Makefile
from dtlint.facts.pins import Pin
from dtlint.facts.script import ScriptProgram
from dtlint.facts.shell import ShellProgram
from dtlint.source import Source

_DOCUMENTS = {
    ".yaml": "yaml", ".yml": "yaml", ".json": "json", ".toml": "toml", ".env": "dotenv", "": "hostfile",
}  # fmt: skip


class MemoryFiles:
    """Implements `dtlint.run.files.Files`; readers are imported when a file of their kind is asked for."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = {posixpath.normpath(path): text for path, text in texts.items()}
        self._kept: dict[tuple[str, str], Any] = {}

    @cached_property
    def _directories(self) -> set[str]:
        found = {"."}
        for path in self._texts:
            parent = posixpath.dirname(path)
            while parent:
                found.add(parent)
                parent = posixpath.dirname(parent)
        return found

    @staticmethod
    def _clean(path: str) -> str:
        return posixpath.normpath(path) if path else "."

    def exists(self, path: str) -> bool:
        return self._clean(path) in self._texts or self.is_directory(path)

    def is_directory(self, path: str) -> bool:
        return self._clean(path) in self._directories

    def listing(self, directory: str) -> tuple[str, ...]:
        wanted = "" if self._clean(directory) == "." else self._clean(directory)
        return tuple(sorted(path for path in self._texts if posixpath.dirname(path) == wanted))

    def source(self, path: str) -> Source | None:
        text = self._texts.get(self._clean(path))
        return None if text is None else Source(self._clean(path), text)

    def _read(self, kind: str, path: str) -> Any:
        key = (kind, self._clean(path))
        if key not in self._kept:
            source = self.source(path)
            reader = importlib.import_module(f"dtlint.read.{kind}")
            self._kept[key] = None if source is None else reader.read(source)
        return self._kept[key]

    def shell(self, path: str) -> ShellProgram | None:
        program: ShellProgram | None = self._read("shell", path)
        return program

    def script(self, path: str) -> ScriptProgram | None:
        if path.endswith(".ipynb"):
            notebook: ScriptProgram | None = self._read("notebook", path)
            return notebook
        if not path.endswith(".py"):
            return None
        program: ScriptProgram | None = self._read("python", path)
        return program

    def document(self, path: str) -> Document | None:
        kind = _DOCUMENTS.get(posixpath.splitext(path)[1])
        document: Document | None = None if kind is None else self._read(kind, path)
        return document

    def dockerfile(self, path: str) -> Dockerfile | None:
        if "dockerfile" not in posixpath.basename(path).lower():
            return None
        dockerfile: Dockerfile | None = self._read("dockerfile", path)
        return dockerfile

    def makefile(self, path: str) -> Makefile | None:
        makefile: Makefile | None = self._read("makefile", path)
        return makefile

    def pins(self, path: str) -> tuple[Pin, ...]:
        return tuple(self._read("pins", path) or ())

    def hostfile(self, path: str) -> Document | None:
        source = self.source(path)
        if source is None:
            return None
        from dtlint.read.hostfile import read

        return read(source)

    def resolve(self, reference: str, directory: str | None, beside: str | None = None) -> str | None:
        if not reference.startswith(("/", "~")):
            folders = [directory, None if beside is None else posixpath.dirname(beside), ""]
            for folder in folders:
                if folder is not None:
                    path = self._clean(posixpath.join(folder, reference))
                    if path in self._texts:
                        return path
        tail = "/" + reference.lstrip("/~").removeprefix("./")
        ending = [path for path in self._texts if f"/{path}".endswith(tail)]
        return ending[0] if len(ending) == 1 else None
