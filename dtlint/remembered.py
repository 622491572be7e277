"""The report on a workspace as it was, for a start that finds all files unchanged: a hook's second look at one commit.

Verdicts on single jobs are kept too (`judged.py`), but to ask for them the jobs must be found, which takes the readers,
the shell on paper and the checks of all rules: half a second, of which a report that was put away needs nothing.
"""

from __future__ import annotations

import os
import pickle
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path

import dtlint
from dtlint.cache import Cache, key_of
from dtlint.outcome import Report
from dtlint.workspace import State, Workspace

Question = tuple[str, tuple[str | None, ...]]
"""A method of the workspace, and its arguments."""


class Remembered:
    """Reports on one workspace, by what was in focus."""

    def __init__(self, cache: Cache, workspace: Workspace, setting: str, focus: Collection[str]) -> None:
        self._cache = cache
        self._workspace = workspace
        states = (f"{path} {workspace.state(path)}" for path in workspace.paths)
        self._key = key_of("report", setting, str(workspace.root), *sorted(focus), "", *states)

    def recall(self) -> Report | None:
        """The report, without texts and cards; None where anything has changed."""
        content = self._cache.get(self._key)
        if content is None:
            return None
        try:
            states, missing, asked, report = pickle.loads(content)
        except Exception:
            return None  # written by another version, or damaged
        if not isinstance(report, Report) or states != self._states(states):
            return None
        workspace = self._workspace
        if any(os.path.lexists(f"{workspace.root}/{path}") for path in missing):
            return None
        return report if all(getattr(workspace, name)(*given) == said for name, given, said in asked) else None

    def keep(self, report: Report, files: Collection[str], asked: Mapping[Question, object]) -> None:
        """Put away a report; `files` are all that were read for it, `asked` is what was asked about which there are.

        A question whose answer follows from the list of files, which is the same, need not be put again: that leaves
        those about files that git ignores, or that are not there yet.  Most are of the latter kind, as for each import
        of a library, and are answered by the folder that is missing on the way.
        """
        found = frozenset(self._workspace.paths)
        missing: set[str] = set()
        open_questions: list[tuple[str, tuple[str | None, ...], object]] = []
        for (name, given), said in asked.items():
            path = given[0] or ""
            if name == "listing" or (name != "resolve" and path in found):
                continue
            gone = self._missing(path) if name != "resolve" and not said else ""
            if gone:
                missing.add(gone)
            else:
                open_questions.append((name, given, said))
        states = self._states(set(files) - set(self._workspace.paths))
        bare = replace(report, sources=_no_text, cards={})
        self._cache.put(self._key, pickle.dumps((states, sorted(missing), open_questions, bare)))

    def _missing(self, path: str) -> str:
        """The uppermost part of a path that is not there; empty where all of it is."""
        parts = path.split("/")
        starts = ("/".join(parts[: count + 1]) for count in range(len(parts)))
        return next((start for start in starts if not os.path.lexists(f"{self._workspace.root}/{start}")), "")

    def _states(self, paths: Collection[str] | Mapping[str, State | None]) -> dict[str, State | None]:
        """Of what was read beyond the files that were found, such as one that git ignores."""
        return {path: self._workspace.state(path) for path in sorted(paths)}


def _no_text(path: str) -> None:
    """A report that lies in the cache has no texts."""


def setting(folders: Collection[Path], config: object, paths: Collection[str]) -> str:
    """Identifies what verdicts depend on beside the content of files: dtlint, the folders of rules, configuration,
    file names."""
    program = (Path(dtlint.__file__).parent, *folders)
    return key_of(*(state for folder in program for state in _program(str(folder))), "", repr(config), "", *paths)


def _program(folder: str) -> list[str]:
    """The state of every file of a program or of rules."""
    states: list[str] = []
    waiting = [folder]
    while waiting:
        with os.scandir(waiting.pop()) as listed:
            for entry in listed:
                if entry.is_dir():
                    if entry.name != "__pycache__":
                        waiting.append(entry.path)
                elif entry.name.endswith((".py", ".md", ".json", ".yaml")):
                    status = entry.stat()
                    states.append(f"{entry.path} {status.st_size} {status.st_mtime_ns}")
    return sorted(states)
