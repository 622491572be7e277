"""Completing and judging the runs of a workspace: from memory where nothing changed, side by side where it pays."""

from __future__ import annotations

import gc
import os
import pickle
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from dtlint.cache import Cache, key_of
from dtlint.catalog import Rule
from dtlint.collector import sweep
from dtlint.diagnostic import Blocked, Diagnostic, Severity
from dtlint.facts.problem import Problem
from dtlint.job.run import Run
from dtlint.judge import Verdicts
from dtlint.outline import Outline, outline
from dtlint.record import record
from dtlint.run import layers
from dtlint.run.jobs import Jobs
from dtlint.run.recording import Question, answer
from dtlint.workspace import State, Workspace

WORTH_FORKING: Final = 6
"""Runs left to do from which a second process pays: starting one costs as much as a small run."""


@record
class Judged:
    """What the rules say of one run, and what that stands on."""

    found: tuple[Diagnostic, ...]
    blocked: tuple[Blocked, ...]
    failed: tuple[Diagnostic, ...]
    problems: tuple[Problem, ...]
    """Of the files that only this run read."""
    files: frozenset[str]
    asked: Mapping[Question, object]
    """What it asked about which files there are, with the answers: also of files that git ignores, which no list of
    files has."""
    outline: Outline = Outline()


@dataclass(slots=True)
class Bench:
    """Everything that judging a run needs; workers inherit it when they are forked."""

    workspace: Workspace
    jobs: Jobs
    rules: Sequence[Rule]
    severity: Callable[[Rule], Severity | None]
    setting: str
    """Identifies rules, configuration and the list of files: what verdicts of any run depend on."""
    cache: Cache | None = None
    runs: list[Run] = field(default_factory=list)
    answers: dict[Question, object] = field(default_factory=dict)
    """What the workspace says of which files there are, as far as earlier verdicts stand on it."""
    kept: list[Run] | None = None
    """Takes the judged runs as they are, for somebody who wants to look at them; None where nobody does."""

    def judge_all(self) -> list[Judged]:
        """The verdicts on all runs, in their order."""
        self.runs = self.jobs.found()
        verdicts: list[Judged | None] = [self.recalled(run) for run in self.runs]
        left = [index for index, verdict in enumerate(verdicts) if verdict is None]
        for index, verdict in zip(left, self._fresh(left), strict=True):
            verdicts[index] = verdict
            self.keep(self.runs[index], verdict)
        return [verdict for verdict in verdicts if verdict is not None]

    def judge(self, run: Run) -> Judged:
        """Complete the run, ask the rules about it, and empty it."""
        verdicts = Verdicts(self.severity, self.jobs.recorded.source)
        shown = Outline()
        try:
            self.jobs.complete(run)
            with self.jobs.recording(run):
                shown = outline(run, self.jobs.recorded)
        except Exception as fault:
            # One job that dtlint fails on must not cost the others their verdict.
            run.fault = f"{type(fault).__name__}: {fault}"
        if run.fault:
            verdicts.fail(f"dtlint failed on this job and left it out, please report it: {run.fault}", run)
        else:
            with self.jobs.recording(run):
                verdicts.judge(run, self.rules)
        problems = tuple(problem for path in run.files for problem in self.workspace.problems_of(path))
        judged = Judged(
            tuple(verdicts.found.values()),
            tuple(verdicts.blocked.values()),
            tuple(verdicts.failed.values()),
            problems,
            frozenset(run.files),
            dict(run.asked),
            shown,
        )
        layers.forget()
        if self.kept is not None:
            self.kept.append(run)
        else:
            run.clear()
            sweep()
        return judged

    def _fresh(self, left: list[int]) -> list[Judged]:
        workers = min(os.cpu_count() or 1, len(left))
        if self.kept is not None or workers < 2 or len(left) < WORTH_FORKING or not hasattr(os, "fork"):
            return [self.judge(self.runs[index]) for index in left]
        # Imported here: a small check, which never comes here, would spend a tenth of its time on it.
        import multiprocessing
        from concurrent.futures import ProcessPoolExecutor

        global _inherited  # noqa: PLW0603 - the only way to hand a forked worker what cannot be pickled
        _inherited = self
        try:
            context = multiprocessing.get_context("fork")
            # What was read so far is shared with the workers as long as none of them looks for cycles in it.
            with ProcessPoolExecutor(workers, mp_context=context, initializer=gc.freeze) as pool:
                return list(pool.map(_judge_inherited, left))
        finally:
            _inherited = None

    # -- what was said before

    def recalled(self, run: Run) -> Judged | None:
        """The verdict of an earlier process, if it still holds; it does not know what an editor has unsaved."""
        if self.cache is None:
            return None
        content = self.cache.get(self._key(run))
        if content is None:
            return None
        try:
            states, verdict = pickle.loads(content)
        except Exception:
            return None  # written by another version, or damaged
        if not isinstance(verdict, Judged) or not verdict.files.isdisjoint(self.workspace.overlay):
            return None
        if states != self._states(verdict.files):
            return None
        return verdict if all(self._answer(asked) == said for asked, said in verdict.asked.items()) else None

    def keep(self, run: Run, verdict: Judged) -> None:
        if self.cache is not None and verdict.files.isdisjoint(self.workspace.overlay):
            self.cache.put(self._key(run), pickle.dumps((self._states(verdict.files), verdict)))

    def _key(self, run: Run) -> str:
        which = (run.root, run.told, run.identity, str(run.followed))
        return key_of("verdict", self.setting, str(self.workspace.root), *which)

    def _answer(self, question: Question) -> object:
        """Jobs have most of their questions in common."""
        if question not in self.answers:
            self.answers[question] = answer(self.workspace, question)
        return self.answers[question]

    def _states(self, paths: frozenset[str]) -> dict[str, State | None]:
        return {path: self.workspace.state(path) for path in sorted(paths)}


_inherited: Bench | None = None


def _judge_inherited(index: int) -> Judged:
    assert _inherited is not None
    return _inherited.judge(_inherited.runs[index])
