"""What running programs on paper needs of the workspace."""

from __future__ import annotations

from typing import Protocol

from dtlint.facts.dockerfile import Dockerfile
from dtlint.facts.document import Document
from dtlint.facts.makefile import Makefile
from dtlint.facts.pins import Pin
from dtlint.facts.script import ScriptProgram
from dtlint.facts.shell import ShellProgram
from dtlint.source import Source


class Files(Protocol):
    """The workspace's files by their path from its root, read when asked for and then kept.

    Each reading method gives None for a file that is not there, is too large, or is not of that kind; a file that is
    broken gives what of it could be read.
    """

    def exists(self, path: str) -> bool: ...

    def is_directory(self, path: str) -> bool: ...

    def listing(self, directory: str) -> tuple[str, ...]:
        """Paths of the files that stand directly in `directory`, sorted."""
        ...

    def source(self, path: str) -> Source | None: ...

    def shell(self, path: str) -> ShellProgram | None: ...

    def script(self, path: str) -> ScriptProgram | None: ...

    def document(self, path: str) -> Document | None:
        """YAML, JSON, TOML, dotenv or hostfile, by name and content."""
        ...

    def dockerfile(self, path: str) -> Dockerfile | None: ...

    def makefile(self, path: str) -> Makefile | None: ...

    def pins(self, path: str) -> tuple[Pin, ...]:
        """The versions that a requirements, project, lock or conda file or a Dockerfile pins."""
        ...

    def hostfile(self, path: str) -> Document | None:
        """The file as a list of mappings with the keys `host` and `slots`, whatever it is called."""
        ...

    def resolve(self, reference: str, directory: str | None, beside: str | None = None) -> str | None:
        """The file that `reference` names: relative to the working `directory` (None: not known), to the folder of the
        file `beside` or the nearest one above it that has it, or to the workspace root; for an absolute or `~` path,
        and where a leading part is not known, the one file of the workspace that ends so.  None where nothing or more
        than one thing matches."""
        ...
