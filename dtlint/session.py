"""A workspace that is linted again and again while somebody edits it.

What was read is kept by file, what was found by run with the files that it stands on and with what it asked about which
files there are.  An edit takes away what it touches, and `report` does that anew; what it says is what `engine.lint`
would say of the same texts.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from dtlint.catalog import Catalog, packaged
from dtlint.collector import paused
from dtlint.config import Config, ConfigError, load
from dtlint.engine import bench_of, catalog_of, jobs_of, report_of, site_folders
from dtlint.facts.problem import Problem
from dtlint.job.run import Run
from dtlint.judged import Judged
from dtlint.outcome import Report
from dtlint.outline import Outline
from dtlint.read.kinds import Kind
from dtlint.remembered import setting
from dtlint.run.jobs import Linked
from dtlint.run.recording import Question, answer
from dtlint.workspace import Workspace

_SCRIPTS: Final = (Kind.PYTHON, Kind.NOTEBOOK)


class InterruptedSessionError(Exception):
    """Somebody wants something else first; what was judged so far is kept."""


class Session:
    """Not safe to use from two threads at once."""

    def __init__(self, root: Path, *, targets: tuple[str, ...] = ("",), trust: bool = True, cache: bool = True) -> None:
        """`targets` are the files and folders below `root` that are looked through; rules of the site need `trust`."""
        self.root = Path(os.path.realpath(root))
        self.targets = targets
        self.trust = trust
        self.cache = cache
        self.buffers: dict[str, str] = {}
        """Texts that editors hold, by path from the root."""
        self.stale: dict[str, Problem] = {}
        """Buffers whose text cannot be read: the last one that could is judged instead."""
        self.fault = ""
        """Why the configuration cannot be used; the last one that could holds."""
        self.judged = 0
        """Runs that were judged so far, to measure how much an edit costs."""
        self._config = Config()
        self._configure()
        self._workspace = self._opened()
        self._catalog: Catalog | None = None
        self._site: tuple[object, ...] = ()
        self._links: dict[tuple[object, ...], Linked] = {}
        self._kept: dict[tuple[object, ...], Judged] = {}
        self._first = True

    @property
    def overlay(self) -> Mapping[str, str]:
        """The texts that are judged in place of what is on the disk."""
        return self._workspace.overlay

    @property
    def workspace(self) -> Workspace:
        return self._workspace

    # -- what happens outside

    def edit(self, path: str, text: str | None) -> None:
        """An editor holds this text from now on; None for a file that it has closed."""
        if text is None:
            self.buffers.pop(path, None)
        else:
            self.buffers[path] = text
        self._take(path)

    def rescan(self) -> None:
        """The disk may have changed: files, configuration, rules of the site."""
        if self._configure():
            self._start_over()
            return
        for path in self._workspace.rescan():
            self._drop(path)
        for path in self.buffers:
            self._take(path)
        self._moved()

    def distrust(self, trust: bool) -> None:
        """Whether Python of the site's own rules may run from now on."""
        if trust is not self.trust:
            self.trust = trust
            self._catalog = None

    # -- what is found

    @paused()
    def report(
        self, progress: Callable[[str, int, int], None] | None = None, stop: Callable[[], bool] = lambda: False
    ) -> Report:
        """What holds now.

        `progress` is told the root of each run before it is judged, its number and how many there are.  Raises
        `InterruptedSessionError` between two runs if `stop` says so.
        """
        workspace = self._workspace
        catalog = self._rules()
        jobs = jobs_of(workspace, self._config)
        jobs.links = self._links
        bench = bench_of(workspace, jobs, catalog, self._identity(workspace))
        runs = jobs.found()
        again = False
        try:
            for number, run in enumerate(runs):
                key = _key(run)
                if key in self._kept:
                    continue
                if stop():
                    raise InterruptedSessionError
                recalled = bench.recalled(run)
                if recalled is not None:
                    self._kept[key] = recalled
                    continue
                if run.spent:
                    # One of what documents tell: they are gone through again.
                    jobs.links = {key: link for key, link in jobs.links.items() if run not in link.runs}
                    again = True
                    break
                if progress is not None:
                    progress(run.root, number, len(runs))
                self.judged += 1
                self._kept[key] = bench.judge(run)
                bench.keep(run, self._kept[key])
        finally:
            self._links = jobs.links
        if again:
            return self.report(progress, stop)
        keys = [_key(run) for run in runs]
        self._kept = {key: self._kept[key] for key in keys}
        self._first = False
        return report_of(bench, catalog, [*self._kept.values()])

    def jobs(self, path: str) -> list[Run]:
        """Those that begin with the file, else those that it has a part in, run on paper once more to be looked at."""
        taking_part = {key for key, judged in self._kept.items() if path in judged.files}
        jobs = jobs_of(self._workspace, self._config)
        runs = [run for run in jobs.found() if _key(run) in taking_part]
        chosen = [run for run in runs if run.root == path] or runs
        for run in chosen:
            jobs.complete(run)
        return chosen

    def outline(self) -> list[Outline]:
        """Of all runs, as of the last report."""
        return [judged.outline for judged in self._kept.values()]

    def read(self) -> set[str]:
        """Paths of the files that these runs read, where everything stands that an outline speaks of."""
        return set().union(*(judged.files for judged in self._kept.values()))

    # -- inside

    def _take(self, path: str) -> None:
        """Judge what the editor holds, or the disk; or go on with the last text that could be read."""
        workspace, text = self._workspace, self.buffers.get(path)
        before, was_new = workspace.source(path), path in workspace.overlay
        kept = workspace.taken(path)
        workspace.overlaid(path, None)
        disk = workspace.source(path)
        if text is not None and (disk is None or disk.text != text):
            workspace.overlaid(path, text)
        now = workspace.source(path)
        if before is not None and now is not None and before.text == now.text:
            # It may stand elsewhere than before: a text that was saved is the disk's from now on.
            workspace.put_facts(path, kept)
            self.stale.pop(path, None)
        elif text is not None and now is not None and (problem := self._breaks(path, kept)) is not None:
            workspace.put(path, kept)
            self.stale[path] = problem
        else:
            self.stale.pop(path, None)
            self._drop(path)
        if was_new is not (path in workspace.overlay) and not os.path.isfile(self.root / path):
            self._moved()

    def _breaks(self, path: str, kept: Mapping[str, object]) -> Problem | None:
        """What cannot be read of the text now, where the one before could be."""
        known = [facts for name, facts in kept.items() if name.startswith("facts ") and facts is not None]
        if not known or any(getattr(facts, "problems", ()) for facts in known):
            return None
        workspace = self._workspace
        match workspace.kind(path):
            case Kind.PYTHON | Kind.NOTEBOOK:
                facts: object = workspace.script(path)
            case Kind.SHELL:
                facts = workspace.shell(path)
            case Kind.JSON | Kind.YAML | Kind.TOML:
                facts = workspace.document(path)
            case _:
                return None
        problems: tuple[Problem, ...] = getattr(facts, "problems", ())
        return problems[0] if problems else None

    def _drop(self, path: str) -> None:
        """Forget what stands on the content of a file."""
        self._links = {key: link for key, link in self._links.items() if path not in link.files}
        self._kept = {key: judged for key, judged in self._kept.items() if path not in judged.files}

    def _moved(self) -> None:
        """Forget what asked something about which files there are whose answer is another one now."""
        files = self._workspace
        said: dict[Question, object] = {}

        def holds(asked: Mapping[Question, object]) -> bool:
            for question, before in asked.items():
                if question not in said:
                    said[question] = answer(files, question)
                if said[question] != before:
                    return False
            return True

        self._links = {key: link for key, link in self._links.items() if holds(link.asked)}
        self._kept = {key: judged for key, judged in self._kept.items() if holds(judged.asked)}

    def _identity(self, workspace: Workspace) -> str:
        """What verdicts stand on beside files, where they may be those of an earlier process."""
        if not self.cache or not self._first:
            return ""
        folders = site_folders(self.root, self._config) if self.trust else []
        return setting((packaged(), *folders), self._config, workspace.paths)

    def _rules(self) -> Catalog:
        site = self._site_state()
        if self._catalog is None or site != self._site:
            self._catalog, self._site = catalog_of(self.root, self._config, self.cache, self.trust), site
            self._kept.clear()
        return self._catalog

    def _site_state(self) -> tuple[object, ...]:
        """Names and times of the files of the site's own rules."""
        if not self.trust:
            return ()
        folders = site_folders(self.root, self._config)
        files = [entry for folder in folders for entry in sorted(folder.rglob("*"))]
        return tuple((str(entry), entry.stat().st_mtime_ns, entry.stat().st_size) for entry in files if entry.is_file())

    def _configure(self) -> bool:
        """Read the configuration; whether it is another one."""
        try:
            config = load(self.root)
        except ConfigError as fault:
            self.fault = str(fault)
            return False
        self.fault = ""
        if repr(config) == repr(self._config):
            return False
        self._config = config
        return True

    def _start_over(self) -> None:
        self._workspace = self._opened()
        self._catalog = None
        self._links.clear()
        self._kept.clear()
        self.stale.clear()
        for path in self.buffers:
            self._take(path)

    def _opened(self) -> Workspace:
        from dtlint.cache import Cache

        return Workspace(self.root, self._config, targets=self.targets, cache=Cache() if self.cache else None)


def _key(run: Run) -> tuple[object, ...]:
    """The same for a run that is found again."""
    started = (run.together, run.unlaunched, run.notebook, run.configures, run.documented, run.followed)
    return (run.root, run.told, run.identity, *started)
