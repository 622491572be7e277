"""The jobs of the current folder, or those that a person names."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click

from dtlint.cli.linting import misuse
from dtlint.job.run import Run
from dtlint.outcome import Report
from dtlint.record import record
from dtlint.report.view import View
from dtlint.run.jobs import Jobs
from dtlint.source import Span
from dtlint.workspace import Workspace

MOST_NAMED = 12
"""Jobs that are listed where none has the name that was given."""


@record(eq=False)
class Found:
    """Jobs, complete, and the workspace that they are of."""

    workspace: Workspace
    jobs: Jobs
    runs: tuple[Run, ...]

    def path(self, path: str) -> str:
        """A path of the workspace as seen from here."""
        return self._view().path(path)

    def place(self, span: Span) -> str:
        """`path:line`"""
        return self._view().place(span)

    def _view(self) -> View:
        return View(Report(self.workspace.root, sources=self.workspace.source), base=Path.cwd())


def jobs_here(name: str | None) -> Found:
    """The jobs that begin with the file `name`, or below the folder or with the prefix; without it, all of them.

    A file that a job only uses stands for that job.
    """
    from dtlint import engine
    from dtlint.config import load
    from dtlint.workspace import locate

    with misuse():
        located = locate([folder_of(name)])
        config = load(located.root)
    workspace = Workspace(located.root, config, targets=located.targets)
    jobs = engine.jobs_of(workspace, config)
    found = jobs.found()
    chosen = named(name, found, located.root, jobs.complete)
    return Found(workspace, jobs, tuple(sorted(chosen, key=lambda run: (run.root, run.told))))


def folder_of(name: str | None) -> str:
    """Where the job that somebody names is looked for: here, or around a file that lies elsewhere."""
    return name if name is not None and Path(name).exists() and _elsewhere(name) else "."


def named(
    name: str | None, found: list[Run], root: Path, complete: Callable[[Run], None] = lambda run: None
) -> list[Run]:
    """Of the jobs those that the name means; raises `UsageError` where it means none."""
    chosen = _chosen(found, _from_root(name, root) if name is not None else "", complete)
    if name is not None and not chosen:
        roots = sorted({run.root for run in found})
        more = f" and {len(roots) - MOST_NAMED} more" if len(roots) > MOST_NAMED else ""
        raise click.UsageError(f"no job begins with {name}; there is {', '.join(roots[:MOST_NAMED]) or 'none'}{more}")
    return chosen


def _chosen(found: list[Run], wanted: str, complete: Callable[[Run], None]) -> list[Run]:
    named = [run for run in found if run.root == wanted] or [run for run in found if run.root.startswith(wanted)]
    for run in named:
        complete(run)
    if named:
        return named
    for run in found:
        complete(run)
    return [run for run in found if wanted in run.files]


def _elsewhere(name: str) -> bool:
    """It does not lie below the current folder."""
    return not Path(name).resolve().is_relative_to(Path.cwd().resolve())


def _from_root(name: str, root: Path) -> str:
    place = Path(name).resolve()
    return place.relative_to(root).as_posix().removeprefix(".") if place.is_relative_to(root) else name
