"""Configurations further down: projects of one repository, each of which decides what is said of its own files.

The jobs are those of the whole repository, since one project may start what stands in another.  A configuration further
down takes away and regrades; what it says of the machines is not known to the jobs, so what the outer one says of them
is not held against its files.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping
from dataclasses import replace

from dtlint.catalog import Rule
from dtlint.config import FILE, PROJECT, Config, ConfigError, read
from dtlint.diagnostic import Diagnostic
from dtlint.facts.problem import Problem
from dtlint.ignored import patterns
from dtlint.outcome import Suppressed
from dtlint.read.kinds import Kind
from dtlint.source import Span
from dtlint.workspace import Workspace


class Nested:
    """The configurations below the root of a workspace, by their folder."""

    def __init__(self, workspace: Workspace, outer: Config) -> None:
        self._workspace = workspace
        self._outer = outer
        self._configs: dict[str, Config] = {}
        self.problems: list[Problem] = []
        """Configurations that cannot be used."""
        for path in workspace.paths:
            folder, name = posixpath.split(path)
            # dtlint.toml comes first, and in one folder it is the one that counts.
            if folder and name in (FILE, PROJECT) and path != outer.path and folder not in self._configs:
                self._read(path, folder)

    def _read(self, path: str, folder: str) -> None:
        try:
            config = read(self._workspace.root / path, self._workspace.root)
        except ConfigError as fault:
            self.problems.append(Problem(f"this configuration is left out: {fault}", Span(path, 0, 0)))
        else:
            if config is not None:
                self._configs[folder] = config

    def decided(
        self, found: Iterable[Diagnostic], rules: Mapping[str, Rule]
    ) -> tuple[tuple[Diagnostic, ...], tuple[Suppressed, ...]]:
        """The findings, in the severity that their project gives them, and those that it does not want."""
        kept: list[Diagnostic] = []
        left_out: list[Suppressed] = []
        for diagnostic in found:
            folder = self._folder(diagnostic.at.path)
            if folder is None:
                kept.append(diagnostic)
                continue
            config = self._configs[folder]
            rule = rules[diagnostic.rule]
            names = (rule.id, *rule.card.aliases)
            graded = next((config.severities[name] for name in names if name in config.severities), diagnostic.severity)
            if graded is None or self._unwanted(diagnostic, {*names, rule.card.family}, folder, config):
                left_out.append(Suppressed(diagnostic, config.path or folder))
            else:
                kept.append(replace(diagnostic, severity=graded))
        return tuple(kept), tuple(left_out)

    def _folder(self, path: str) -> str | None:
        """The nearest folder above with a configuration of its own."""
        folder = posixpath.dirname(path) if self._configs else ""
        while folder and folder not in self._configs:
            folder = posixpath.dirname(folder)
        return folder or None

    def _unwanted(self, diagnostic: Diagnostic, names: set[str], folder: str, config: Config) -> bool:
        path = diagnostic.at.path
        if (config.select and not names & set(config.select)) or names & set(config.ignore):
            return True
        if any(
            names & set(ignored) and _match(folder, (one,), path) for one, ignored in config.per_path_ignores.items()
        ):
            return True
        if _match(folder, config.exclude, path) or (config.include and not _match(folder, config.include, path)):
            return True
        if not config.markdown and self._workspace.kind(path) is Kind.MARKDOWN:
            return True
        # It may say something else of the machines, which nobody asked when the jobs were run on paper.
        return any(cause.at.path == self._outer.path for cause in diagnostic.because)


def _match(folder: str, lines: Iterable[str], path: str) -> bool:
    found = patterns(folder, lines)
    return found is not None and found.verdict(path) is True
