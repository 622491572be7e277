"""The files that dtlint looks at: found once, read when asked for, and kept."""

from __future__ import annotations

import os
import posixpath
import re
import stat
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar, cast
from weakref import WeakValueDictionary

from dtlint import ignored
from dtlint.cache import Cache, Screen
from dtlint.config import Config
from dtlint.facts.problem import Problem
from dtlint.read import kinds
from dtlint.read.kinds import Kind
from dtlint.read.text import LARGEST, Decoded, decode, too_large
from dtlint.record import record
from dtlint.source import Source, Span

if TYPE_CHECKING:
    from dtlint.facts.dockerfile import Dockerfile
    from dtlint.facts.document import Document
    from dtlint.facts.makefile import Makefile
    from dtlint.facts.pins import Pin
    from dtlint.facts.script import ScriptProgram
    from dtlint.facts.shell import ShellProgram

SKIPPED: Final = frozenset(
    (".git", ".hg", ".svn", ".venv", "node_modules", "__pycache__", ".tox", ".nox", ".mypy_cache", ".ruff_cache",
     ".pytest_cache", ".eggs", ".ipynb_checkpoints")
)  # fmt: skip
"""Folders that hold nothing a person wrote."""

_KERNEL: Final = frozenset(("/proc", "/sys", "/dev"))
"""Folders that hold no files: to read there may wait for ever, or do something."""

PROJECT: Final = (".git", "pyproject.toml", "dtlint.toml")
"""What stands in the top folder of a project."""
NEAREST: Final = 1_000
"""Files that are looked through around a file outside of any project."""
SCRIPTS_KEPT: Final = 6_000_000
"""Characters of Python whose facts are kept at a time.  Facts take some seventeen times the memory of their text; those
of the scripts that were not asked for the longest are read again when they are."""
_SYSTEM: Final = re.compile(r"/(?:etc|usr|bin|sbin|lib|lib64|proc|sys|dev|tmp|run|opt/conda)/")
_UNKNOWN_HEAD: Final = re.compile(r"(?:\$\{?\w+[^/}]*\}?|~[^/]*)(?=/)")
_PROGRAMS: Final = (".py", ".sh", ".bash", ".slurm", ".sbatch")

T = TypeVar("T")

State = tuple[int, int, int, int]
"""Of a file: its size, when its content and when anything about it changed, in nanoseconds, and its inode."""


@record
class Located:
    """What the paths of a command line come to."""

    root: Path
    """The workspace: absolute, links resolved."""
    targets: tuple[str, ...] = ("",)
    """Folders and files below the root that are looked through, from the root."""
    focus: frozenset[str] | None = None
    """Files, or folders with a slash behind them, that findings must touch; None for no such limit."""


def locate(paths: Sequence[Path | str]) -> Located:
    """The workspace of some paths: a folder is one; a file lies in the project around it, and is its focus.

    A file outside of any project, as in a home folder, has what lies nearest to it: it is no matter of somebody's other
    projects, nor of a million files.

    Raises `FileNotFoundError` for a path that does not exist, and `PermissionError` for one that may not be read.
    """
    resolved = [_entered(path) for path in paths or (".",)]
    folders = [path for path in resolved if path.is_dir()]
    files = [path for path in resolved if not path.is_dir()]
    root = Path(os.path.commonpath([*folders, *map(_project, files)]))
    if not files:
        return Located(root, tuple(sorted({_from(root, folder) for folder in folders})))
    focus = {_from(root, file) for file in files} | {_from(root, folder) + "/" for folder in folders if folder != root}
    loose = not folders and not _is_project(root)
    return Located(root, _nearest(root) if loose else ("",), None if root in folders else frozenset(focus))


def _entered(given: Path | str) -> Path:
    """The path without links; raises `FileNotFoundError` and `PermissionError`, in words for a person."""
    try:
        path = Path(os.path.realpath(given))
        path.stat()
        if path.is_dir():
            os.scandir(path).close()
            os.stat(f"{path}/.")  # one may be listed and not be entered
    except PermissionError as error:
        raise PermissionError(f"{given} cannot be read: {error.strerror}") from error
    except OSError as error:
        gone = "the current folder is no longer there" if given == "." else f"no such file or folder: {given}"
        raise FileNotFoundError(gone) from error
    return path


def _project(file: Path) -> Path:
    """The project of a file, or its folder."""
    return project_of(file) or file.parent


def project_of(place: Path) -> Path | None:
    """The nearest folder that looks like the top of a project: a folder itself, or one above; None where none does."""
    home = Path(os.path.expanduser("~"))
    for folder in (place, *place.parents) if place.is_dir() else place.parents:
        if folder == home:
            break
        if _is_project(folder):
            return folder
    return None


def _is_project(folder: Path) -> bool:
    return any(os.path.exists(folder / name) for name in PROJECT)


def _nearest(root: Path) -> tuple[str, ...]:
    """The files of a folder, then of those below it that are no projects themselves, until there are `NEAREST`."""
    found: list[str] = []
    waiting = deque([root])
    while waiting and len(found) < NEAREST:
        folder = waiting.popleft()
        try:
            with os.scandir(folder) as listed:
                entries = sorted(listed, key=lambda entry: entry.name)
        except OSError:
            continue
        found += [_from(root, Path(entry.path)) for entry in entries if entry.is_file(follow_symlinks=False)]
        below = (Path(entry.path) for entry in entries if entry.is_dir(follow_symlinks=False))
        waiting += [one for one in below if one.name[0] != "." and one.name not in SKIPPED and not _is_project(one)]
    return tuple(sorted(found))


def _from(root: Path, path: Path) -> str:
    relative = path.relative_to(root).as_posix()
    return "" if relative == "." else relative


@dataclass(slots=True)
class Statistics:
    seen: int = 0
    """Files found."""
    screened_out: int = 0
    """Python files that mention no distributed training."""
    read: Counter[str] = field(default_factory=Counter)
    """Files read, by their kind; one that was let go and read again counts twice."""


class Workspace:
    """The files below `root`; implements `dtlint.run.files.Files`.

    Paths are relative to the root, with forward slashes.  `overlay` gives texts that are newer than the disk, or not
    there at all.  A file that git ignores is not found by looking around, but read where another one refers to it.
    """

    def __init__(
        self,
        root: Path | str,
        config: Config | None = None,
        *,
        targets: Sequence[str] = ("",),
        overlay: Mapping[str, str] | None = None,
        largest: int = LARGEST,
        cache: Cache | None = None,
    ) -> None:
        self.root = Path(os.path.realpath(root))
        self.config = config or Config()
        self.targets = tuple(targets)
        self.overlay = {posixpath.normpath(path): text for path, text in (overlay or {}).items()}
        self.largest = largest
        self.statistics = Statistics()
        self._screen = None if cache is None else Screen(cache, self.root, kinds.SCREEN)
        self._problems: dict[str, tuple[Problem, ...]] = {}
        self._closed: dict[str, tuple[Problem, ...]] = {}
        """Folders that could not be looked into."""
        self._walked: tuple[str, ...] | None = None
        self._found: dict[str, None] | None = None
        self._states: dict[str, State | None] = {}
        self._listings: dict[str, tuple[str, ...]] = {}
        self._by_name: dict[str, list[str]] | None = None
        self._kinds: dict[str, Kind | None] = {}
        self._decoded: dict[str, Decoded | None] = {}
        self._facts: dict[tuple[str, str], object] = {}
        self._scripts: dict[str, int] = {}
        """Python files whose facts are kept, and the length of their text; the last asked for at the end."""
        self._script_characters = 0
        self._lent: WeakValueDictionary[str, ScriptProgram] = WeakValueDictionary()
        """Facts that somebody still holds: the processes of a job share them, though they were let go here."""
        self._mentions: dict[str, bool] = {}
        self._exists: dict[str, bool] = {}
        self._directories: dict[str, bool] = {}

    # -- what is there

    @property
    def paths(self) -> tuple[str, ...]:
        """All files found, sorted."""
        return tuple(self._discovered())

    def _discovered(self) -> dict[str, None]:
        if self._found is None:
            if self._walked is None:
                walk = _Walk(self.root, self.config)
                for target in self.targets:
                    walk.enter(target)
                self._walked = tuple(walk.files)
                self._closed = {path: (problem,) for path, problem in walk.problems.items()}
            # A file that is on the disk and was not found is left out, whatever an editor has of it.
            new = (path for path in self.overlay if _below(path) and not os.path.isfile(f"{self.root}/{path}"))
            self._found = dict.fromkeys(sorted({*self._walked, *new}))
            self.statistics.seen = len(self._found)
        return self._found

    # -- what changes

    def overlaid(self, path: str, text: str | None) -> None:
        """Take `text` for what the file holds from now on; None takes what is on the disk."""
        path = _clean(path)
        before = path in self.overlay
        if text is None:
            self.overlay.pop(path, None)
        else:
            self.overlay[path] = text
        self.forget(path)
        if before is not (text is not None) and not os.path.isfile(f"{self.root}/{path}"):
            self._forget_names()

    def forget(self, path: str) -> None:
        """Read the file again when it is asked for."""
        for name in _BY_PATH:
            getattr(self, name).pop(path, None)
        for sort in _SORTS:
            self._facts.pop((sort, path), None)
        self._lent.pop(path, None)

    def taken(self, path: str) -> Mapping[str, object]:
        """All that is kept of a file, to be `put` back."""
        path = _clean(path)
        kept: dict[str, object] = {"overlay": self.overlay[path]} if path in self.overlay else {}
        for name in _BY_PATH:
            by_path = getattr(self, name)
            if path in by_path:
                kept[name] = by_path[path]
        return kept | {f"facts {sort}": self._facts[sort, path] for sort in _SORTS if (sort, path) in self._facts}

    def put(self, path: str, kept: Mapping[str, object]) -> None:
        """Go back to what was `taken`."""
        path = _clean(path)
        overlay = kept.get("overlay")
        self.overlaid(path, overlay if isinstance(overlay, str) else None)
        self.put_facts(path, kept)
        for name, thing in kept.items():
            if name in _BY_PATH:
                getattr(self, name)[path] = thing

    def put_facts(self, path: str, kept: Mapping[str, object]) -> None:
        """Take the facts of what was `taken` for those of the text as it is now, which is the same."""
        for name, thing in kept.items():
            if name.startswith("facts "):
                self._facts[name.removeprefix("facts "), _clean(path)] = thing

    def rescan(self) -> frozenset[str]:
        """Look at the disk again: the files that were asked for and have changed, come or gone since."""
        changed = frozenset(
            path for path, state in self._states.items() if path not in self.overlay and self.state(path) != state
        )
        for path in changed:
            self.forget(path)
        self._walked = None
        self._forget_names()
        return changed

    def _forget_names(self) -> None:
        self._found = self._by_name = None
        for kept in (self._listings, self._exists, self._directories):
            kept.clear()

    # -- what it looks at

    def of_kind(self, *wanted: Kind) -> Iterator[str]:
        """The files found that are of one of these kinds."""
        for path in self._discovered():
            if self.kind(path) in wanted:
                yield path

    def kind(self, path: str) -> Kind | None:
        """By name, else by the first bytes."""
        path = _clean(path)
        if path not in self._kinds:
            kind = kinds.by_name(path)
            if kind is None and not kinds.is_foreign(path):
                kind = kinds.by_content(self._glance(path))
            self._kinds[path] = kind
        return self._kinds[path]

    def scripts(self) -> Iterator[str]:
        """The Python files found that mention distributed training."""
        for path in self.of_kind(Kind.PYTHON):
            if self.mentions(path):
                yield path
        if self._screen is not None:
            self._screen.save()

    def mentions(self, path: str) -> bool:
        """The text screen of a Python file."""
        if path not in self._mentions:
            self._mentions[path] = self._screened(path)
            self.statistics.screened_out += not self._mentions[path]
        return self._mentions[path]

    def _screened(self, path: str) -> bool:
        status = None
        if self._screen is not None and path not in self.overlay:
            self._note(path)
            try:
                status = os.stat(self.root / path)
            except OSError:
                return False
            known = self._screen.get(path, status)
            if known is not None:
                return known
        content = self._bytes(path)
        mentions = content is not None and kinds.mentions_distribution(content)
        if self._screen is not None and status is not None:
            self._screen.put(path, status, mentions)
        return mentions

    def exists(self, path: str) -> bool:
        path = _clean(path)
        return self._is_file(path) or self.is_directory(path)

    def is_directory(self, path: str) -> bool:
        path = _clean(path)
        if path not in self._directories:
            prefix = path + "/"
            there = os.path.isdir(f"{self.root}/{path}") or any(other.startswith(prefix) for other in self.overlay)
            self._directories[path] = there and self._inside(path)
        return self._directories[path]

    def listing(self, directory: str) -> tuple[str, ...]:
        if not self._listings:
            folders: dict[str, list[str]] = {}
            for path in self._discovered():
                folders.setdefault(posixpath.dirname(path), []).append(path)
            self._listings = {folder: tuple(sorted(paths)) for folder, paths in folders.items()} or {"": ()}
        return self._listings.get(_clean(directory), ())

    # -- what it says

    def source(self, path: str) -> Source | None:
        decoded = self.decoded(path)
        return None if decoded is None else decoded.source

    def decoded(self, path: str) -> Decoded | None:
        """The text with its encoding, to write it back; None for a file that is not there or too large."""
        path = _clean(path)
        if path not in self._decoded:
            self._decoded[path] = self._decode(path)
        return self._decoded[path]

    def script(self, path: str) -> ScriptProgram | None:
        kind = self.kind(path)
        if kind is Kind.NOTEBOOK:
            return self._read(path, "notebook", _notebook)
        if kind is not Kind.PYTHON:
            return None
        path = _clean(path)
        lent = self._lent.get(path)
        if lent is not None and ("python", path) not in self._facts:
            self._facts["python", path] = lent
        program = self._read(path, "python", _python)
        if program is not None:
            self._lent[path] = program
            self._used(path)
        return program

    def _used(self, path: str) -> None:
        """The facts of a Python file were asked for: keep them, and let go of older ones when there are too many.

        What could not be read is told at the end, so such files stay.
        """
        known = self._scripts.pop(path, None)
        source = self.source(path)
        self._scripts[path] = size = len(source.text) if source is not None else 0
        self._script_characters += size - (known or 0)
        while self._script_characters > SCRIPTS_KEPT and len(self._scripts) > 1:
            oldest = next(iter(self._scripts))
            self._script_characters -= self._scripts.pop(oldest)
            if not getattr(self._facts.get(("python", oldest)), "problems", ()):
                self._facts.pop(("python", oldest), None)

    def shell(self, path: str) -> ShellProgram | None:
        """Also a file of no known kind, since `bash FILE` runs it whatever it is called."""
        return self._read(path, "shell", _shell) if self.kind(path) in (Kind.SHELL, None) else None

    def document(self, path: str) -> Document | None:
        source = self.source(path)
        if source is None:
            return None
        reader = _DOCUMENTS.get(kinds.document_kind(source.path, source.text))
        return None if reader is None else self._read(path, "document", reader)

    def hostfile(self, path: str) -> Document | None:
        """Any text: a launcher takes what it is given for one, whatever it is called."""
        return self._read(path, "hostfile", _hostfile)

    def dockerfile(self, path: str) -> Dockerfile | None:
        return self._read(path, "dockerfile", _dockerfile) if self.kind(path) is Kind.DOCKERFILE else None

    def makefile(self, path: str) -> Makefile | None:
        """Also a file of no known kind, since `make -f FILE` reads it whatever it is called."""
        return self._read(path, "makefile", _makefile) if self.kind(path) in (Kind.MAKEFILE, None) else None

    def pins(self, path: str) -> tuple[Pin, ...]:
        """The versions that a file pins: requirements, project, lock and conda files, Dockerfiles."""
        return self._read(path, "pins", _pins) or ()

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What could not be read of the files that were asked for, and folders that could not be looked into."""
        paths = {*self._problems, *self._decoded, *(path for _, path in self._facts)}
        found = {problem for path in paths for problem in self.problems_of(path)} | self.closed
        return tuple(sorted(found, key=lambda problem: (problem.at, problem.message)))

    @property
    def unscreened(self) -> frozenset[Problem]:
        """Python files found that could not even be looked at."""
        paths = (path for path in self.of_kind(Kind.PYTHON) if path in self._mentions)
        return frozenset(problem for path in paths for problem in self._problems.get(path, ()))

    @property
    def closed(self) -> frozenset[Problem]:
        """Folders that could not be looked into."""
        return frozenset(problem for problems in self._closed.values() for problem in problems)

    def problems_of(self, path: str) -> tuple[Problem, ...]:
        """What could not be read of one file, as far as it was asked for."""
        path = _clean(path)
        decoded = self._decoded.get(path)
        found = {*self._problems.get(path, ()), *(decoded.problems if decoded is not None else ())}
        for sort in _SORTS:
            found.update(getattr(self._facts.get((sort, path)), "problems", ()))
        return tuple(sorted(found, key=lambda problem: (problem.at, problem.message)))

    def state(self, path: str) -> State | None:
        """Equal as long as nobody writes the file or changes who may read it; None where there is none."""
        try:
            status = os.stat(self.root / path)
        except (OSError, ValueError):
            return None
        return status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino

    def resolve(self, reference: str, directory: str | None, beside: str | None = None) -> str | None:
        reference = reference.strip()
        head = _UNKNOWN_HEAD.match(reference)
        if head is not None:
            reference, directory = reference[head.end() :], None
        if not reference or "\0" in reference:
            return None
        if reference.startswith("/"):
            return self._resolve_absolute(reference)
        if directory is not None and not posixpath.isabs(directory):
            candidate = _clean(posixpath.join(directory, reference))
            if self._is_file(candidate):
                return candidate
        folders = {"", *([posixpath.dirname(beside)] if beside is not None else ())}
        candidates = {_clean(posixpath.join(folder, reference)) for folder in folders}
        hits = [candidate for candidate in candidates if self._is_file(candidate)]
        if not hits and beside is not None and directory in (None, "", "."):
            # `bash scripts/run.sh`: what stands in a folder is often started from one above it.
            folder = posixpath.dirname(beside)
            while folder:
                folder = posixpath.dirname(folder)
                candidate = _clean(posixpath.join(folder, reference))
                if self._is_file(candidate):
                    return candidate
        if hits or directory is not None:
            return hits[0] if len(hits) == 1 else None
        return self._only(self._ending(_clean(reference)))

    # -- inside

    def _resolve_absolute(self, reference: str) -> str | None:
        path = posixpath.normpath(reference)
        root = self.root.as_posix()
        if path.startswith(root.rstrip("/") + "/"):
            inner = path[len(root.rstrip("/")) + 1 :]
            return inner if self._is_file(inner) else None
        if _SYSTEM.match(path):
            return None
        tail = path.lstrip("/")
        ending = self._ending(tail)
        if ending:
            return self._only(ending)
        # The workspace stands somewhere on the way down.
        while "/" in tail:
            tail = tail.partition("/")[2]
            if self._is_file(tail) and tail in self._discovered():
                return tail
        # A program under the only name of its kind was copied or mounted there.
        return self._only(self._ending(tail)) if tail.endswith(_PROGRAMS) else None

    def _ending(self, tail: str) -> list[str]:
        """Files found whose path ends with `tail`."""
        if self._by_name is None:
            self._by_name = {}
            for path in self._discovered():
                self._by_name.setdefault(posixpath.basename(path), []).append(path)
        while tail.startswith("../"):
            tail = tail[3:]
        named = self._by_name.get(posixpath.basename(tail), ())
        return [path for path in named if path == tail or path.endswith("/" + tail)]

    @staticmethod
    def _only(paths: Sequence[str]) -> str | None:
        return paths[0] if len(paths) == 1 else None

    def _inside(self, path: str) -> bool:
        """Not outside of the root, by its name or through a link."""
        if not _below(path):
            return False
        if self._found is not None and path in self._found:
            return True
        real = _real(self.root / path)
        return real is not None and os.path.commonpath([real, self.root]) == str(self.root)

    def _is_file(self, path: str) -> bool:
        if path in self.overlay:
            return True
        if path not in self._exists:
            # Most paths that are asked for do not exist, and to follow links costs a look at each folder above.
            self._exists[path] = _below(path) and os.path.isfile(f"{self.root}/{path}") and self._inside(path)
        return self._exists[path]

    def _glance(self, path: str) -> bytes:
        if path in self.overlay:
            return self.overlay[path][: kinds.GLANCE].encode("utf-8", "surrogateescape")
        self._note(path)
        if not self._is_file(path):
            return b""
        try:
            with open(self.root / path, "rb") as file:
                return file.read(kinds.GLANCE)
        except OSError:
            return b""

    def _bytes(self, path: str) -> bytes | None:
        """The content of a file; None, with a problem, for one that cannot be read."""
        if path in self.overlay:
            return self.overlay[path].encode("utf-8", "surrogateescape")
        self._note(path)
        if not self._inside(path):
            return None
        try:
            with open(self.root / path, "rb", opener=_without_blocking) as file:
                status = os.fstat(file.fileno())
                if not stat.S_ISREG(status.st_mode):
                    return None
                if status.st_size > self.largest:
                    self._problems[path] = (too_large(path, status.st_size, self.largest),)
                    return None
                return file.read(self.largest + 1)
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            return None
        except OSError as error:
            self._problems[path] = (Problem(f"cannot be read: {error.strerror or error}", Span(path, 0, 0)),)
            return None

    def _note(self, path: str) -> None:
        """Remember the state in which the file is read; before it is, so that no change in between is missed."""
        if path not in self._states:
            self._states[path] = self.state(path)

    def _decode(self, path: str) -> Decoded | None:
        if path in self.overlay:
            return Decoded(Source(path, self.overlay[path]))
        content = self._bytes(path)
        if content is None:
            return None
        return decode(path, content, python=path.endswith((".py", ".pyw", ".pyi")))

    def _read(self, path: str, kind: str, reader: Callable[[Source], T]) -> T | None:
        path = _clean(path)
        key = (kind, path)
        if key not in self._facts:
            source = self.source(path)
            self._facts[key] = None if source is None else reader(source)
            self.statistics.read[kind] += source is not None
        return cast("T | None", self._facts[key])


def _below(path: str) -> bool:
    """By its name, it does not leave the root."""
    return path != ".." and not path.startswith(("../", "/")) and "\0" not in path


def _clean(path: str) -> str:
    """As paths are kept: no dots, no double slashes; the root is empty."""
    cleaned = posixpath.normpath(path) if path else ""
    return "" if cleaned == "." else cleaned


def _real(path: Path) -> str | None:
    """The path without links; None where a link on the way may not be read, as those of other people's processes."""
    try:
        return os.path.realpath(path)
    except OSError:
        return None


def _without_blocking(path: str, flags: int) -> int:
    """Opens a named pipe without waiting for its other end."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


# Readers are imported with the first file of their kind.


def _python(source: Source) -> ScriptProgram:
    from dtlint.read import python

    return python.read(source)


def _notebook(source: Source) -> ScriptProgram:
    from dtlint.read import notebook

    return notebook.read(source)


def _shell(source: Source) -> ShellProgram:
    from dtlint.read import shell

    return shell.read(source)


def _yaml(source: Source) -> Document:
    from dtlint.read import yaml

    return yaml.read(source)


def _json(source: Source) -> Document:
    from dtlint.read import json

    return json.read(source)


def _toml(source: Source) -> Document:
    from dtlint.read import toml

    return toml.read(source)


def _dotenv(source: Source) -> Document:
    from dtlint.read import dotenv

    return dotenv.read(source)


def _hostfile(source: Source) -> Document:
    from dtlint.read import hostfile

    return hostfile.read(source)


def _dockerfile(source: Source) -> Dockerfile:
    from dtlint.read import dockerfile

    return dockerfile.read(source)


def _makefile(source: Source) -> Makefile:
    from dtlint.read import makefile

    return makefile.read(source)


def _pins(source: Source) -> tuple[Pin, ...]:
    from dtlint.read import pins

    return pins.read(source)


_BY_PATH: Final = ("_decoded", "_kinds", "_mentions", "_problems", "_states")
"""What a workspace keeps of each file, beside facts."""
_SORTS: Final = ("notebook", "python", "shell", "document", "hostfile", "dockerfile", "makefile", "pins")
"""Under which facts are kept."""

_DOCUMENTS: Final[Mapping[Kind | None, Callable[[Source], Document]]] = {
    Kind.YAML: _yaml,
    Kind.JSON: _json,
    Kind.TOML: _toml,
    Kind.DOTENV: _dotenv,
    Kind.HOSTFILE: _hostfile,
}


class _Walk:
    """One pass over the tree."""

    def __init__(self, root: Path, config: Config) -> None:
        self.root = root
        self.files: list[str] = []
        self.problems: dict[str, Problem] = {}
        outer = ignored.outer(root, Path(os.path.normpath(root / config.base)))
        self.include = ignored.patterns("", config.include, outer)
        self.exclude = ignored.patterns("", config.exclude, outer)
        self.links: list[tuple[str, tuple[ignored.Patterns, ...]]] = []
        self.visited: set[str] = set()
        """Real paths of folders."""

    def enter(self, target: str) -> None:
        chain = self._above(target)
        if target and os.path.isfile(self.root / target):
            self.files.append(target)
            return
        self._folders(target, chain)
        while self.links:
            link, chain = self.links.pop()
            self._follow(link, chain)

    def _above(self, target: str) -> tuple[ignored.Patterns, ...]:
        """What holds for a target from outside of it: nothing where that leaves it out, since somebody named it."""
        chain = ignored.above(self.root)
        folder = ""
        for part in target.split("/") if target else ():
            found = ignored.read_patterns(self.root / folder / ".gitignore", folder)
            chain = chain if found is None else (*chain, found)
            folder = f"{folder}/{part}" if folder else part
        return () if ignored.ignored(target + "/" if target else "", chain) else chain

    def _folders(self, start: str, chain: tuple[ignored.Patterns, ...]) -> None:
        waiting = [(start, chain)]
        while waiting:
            folder, chain = waiting.pop()
            waiting += self._folder(folder, chain)

    def _folder(
        self, folder: str, chain: tuple[ignored.Patterns, ...]
    ) -> list[tuple[str, tuple[ignored.Patterns, ...]]]:
        at = self.root / folder
        self.visited.add(_real(at) or str(at))
        try:
            with os.scandir(at) as listed:
                entries = sorted(listed, key=lambda entry: entry.name)
        except OSError as error:
            self.problems[folder] = Problem(f"cannot be looked into: {error.strerror or error}", Span(folder, 0, 0))
            return []
        names = {entry.name for entry in entries}
        if "pyvenv.cfg" in names:
            return []
        if ".gitignore" in names:
            found = ignored.read_patterns(at / ".gitignore", folder)
            chain = chain if found is None else (*chain, found)
        below = []
        for entry in entries:
            path = f"{folder}/{entry.name}" if folder else entry.name
            try:
                link, is_folder = entry.is_symlink(), entry.is_dir(follow_symlinks=False)
            except OSError:
                continue
            if link:
                self.links.append((path, chain))
            elif is_folder:
                skipped = entry.name in SKIPPED or entry.path in _KERNEL
                if not skipped and not self._left_out(path + "/", chain):
                    below.append((path, chain))
            elif not self._left_out(path, chain) and self._included(path):
                self.files.append(path)
        return below

    def _follow(self, link: str, chain: tuple[ignored.Patterns, ...]) -> None:
        """A link counts where it stays inside and leads to something that was not found otherwise."""
        real = _real(self.root / link)
        if real is None or os.path.commonpath([real, self.root]) != str(self.root) or not os.path.exists(real):
            return
        if os.path.isdir(real):
            skipped = any(part in SKIPPED for part in Path(real).relative_to(self.root).parts) or any(
                os.path.commonpath([real, folder]) == folder for folder in _KERNEL
            )
            if real not in self.visited and not skipped and not self._left_out(link + "/", chain):
                self._folders(link, chain)
        elif os.path.dirname(real) not in self.visited and not self._left_out(link, chain) and self._included(link):
            self.files.append(link)

    def _left_out(self, path: str, chain: tuple[ignored.Patterns, ...]) -> bool:
        if self.exclude is not None and self.exclude.verdict(path):
            return True
        return bool(chain) and ignored.ignored(path, chain)

    def _included(self, path: str) -> bool:
        return self.include is None or self.include.verdict(path) is True
