"""What a removed or renamed file breaks: jobs that lead to it as they were before, and still name it.

A job that names a file which is not there may be meant for a machine that has it, so no rule speaks of it.  Here it is
known that the file was there, that the job led to it, and that it goes.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from dtlint.config import Config
from dtlint.diagnostic import PROBLEM, Diagnostic, Severity
from dtlint.engine import jobs_of
from dtlint.read.kinds import Kind
from dtlint.source import Source, Span
from dtlint.workspace import Workspace

_EXPECTED: Final = re.compile(
    r"\[|\btest\b|\|\||\bexists\(|\bis_?file\(|\bexcept\b|\b(?:cp|mv|ln|tee|wget|curl|envsubst)\b"
)
"""In a line that names a file: somebody counts with that it is not there, or makes it."""

_MADE: Final = re.compile(r">\s*[\"']?\S*$")
"""In front of the name: a shell writes the file."""

_FOLLOWED: Final = (Kind.SHELL, Kind.MAKEFILE, Kind.PYTHON, Kind.NOTEBOOK, Kind.YAML, Kind.JSON, Kind.TOML)
"""What leads to other files."""

_Reference = tuple[str, str, str]
"""The name, the working folder, and the file that it stands in or near."""


def broken(
    root: Path, config: Config, removed: Mapping[str, str], renamed: Mapping[str, str], overlay: Mapping[str, str]
) -> Iterator[Diagnostic]:
    """The places that name a file which is `removed` (its text before), and may be `renamed`; paths from the root."""
    now = _Noting(root, config, overlay=overlay)
    naming = _naming(now, {posixpath.basename(path) for path in removed})
    if not naming:
        return
    then = _Noting(root, config, overlay={**removed, **overlay})
    _follow(then, config, naming)
    lost = {
        reference: path
        for reference, path in then.came_to.items()
        if path is not None and path in removed and _is(path, reference)
    }
    if not lost:
        return
    _follow(now, config, naming)
    found_now = {(name, beside) for (name, _, beside), path in now.came_to.items() if path is not None}
    said: set[Span] = set()
    for reference, path in sorted(lost.items()):
        name, _, beside = reference
        if reference not in now.came_to or (name, beside) in found_now:
            continue
        at = _place(name, dict.fromkeys((beside, *sorted(naming))), now)
        if at is not None and at not in said:
            said.add(at)
            yield _diagnostic(path, renamed.get(path), at)


class _Noting(Workspace):
    """A workspace that notes what each reference came to."""

    came_to: dict[_Reference, str | None]

    def resolve(self, reference: str, directory: str | None, beside: str | None = None) -> str | None:
        found = super().resolve(reference, directory, beside)
        if directory is not None and beside is not None:
            self.came_to[reference, directory, beside] = found
        return found


def _naming(workspace: Workspace, names: Iterable[str]) -> frozenset[str]:
    """The files that may lead to one of these."""
    expression = re.compile("|".join(re.escape(name) for name in sorted(names)))
    return frozenset(
        path
        for path in workspace.of_kind(*_FOLLOWED)
        if (source := workspace.source(path)) is not None and expression.search(source.text)
    )


def _follow(workspace: _Noting, config: Config, naming: frozenset[str]) -> None:
    """Run on paper the jobs in which a file has a part that names what is removed."""
    workspace.came_to = {}
    jobs = jobs_of(workspace, replace(config, markdown=False))
    for run in jobs.found():
        scripts = {process.script for process in run.processes}
        if naming & {run.root, *run.files, *scripts}:
            jobs.complete(run)
            run.clear()


def _is(path: str, reference: _Reference) -> bool:
    """The reference leads there by its own words, and not because nothing else is called so."""
    name, directory, beside = reference
    folders = (directory, posixpath.dirname(beside), "")
    return any(posixpath.normpath(posixpath.join(folder, name)) == path for folder in folders)


def _place(name: str, files: Iterable[str], workspace: Workspace) -> Span | None:
    """Where the name stands; None where it is put together, or where somebody counts with a file that is not there."""
    for path in files:
        source = workspace.source(path)
        if source is None or name not in source.text:
            continue
        spans = [match.span() for match in re.finditer(rf"(?<![\w./-]){re.escape(name)}(?![\w-])", source.text)]
        if any(_expected(source, start) for start, _ in spans):
            return None
        for start, end in spans:
            if not _line(source, start).lstrip().startswith(("#", "//")):
                return Span(path, start, end)
    return None


def _expected(source: Source, start: int) -> bool:
    line = _line(source, start)
    before = source.text[source.text.rfind("\n", 0, start) + 1 : start]
    return _EXPECTED.search(line) is not None or _MADE.search(before) is not None


def _line(source: Source, start: int) -> str:
    text = source.text
    end = text.find("\n", start)
    return text[text.rfind("\n", 0, start) + 1 : end if end >= 0 else len(text)]


def _diagnostic(path: str, now: str | None, at: Span) -> Diagnostic:
    gone = f"{path} is renamed to {now}" if now is not None else f"{path} is removed"
    return Diagnostic(
        PROBLEM,
        Severity.ERROR,
        f"{gone}, and this job still needs it",
        at,
        help=f"name {now} here" if now is not None else "take it out here too, or keep the file",
    )
