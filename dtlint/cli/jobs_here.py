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
from dtlint.workspace import Workspace, project_of

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
    found = [run for run in jobs.found() if not run.configures]
    chosen = named(name, found, located.root, jobs.complete)
    return Found(workspace, jobs, tuple(sorted(chosen, key=lambda run: (run.root, run.told))))


def folder_of(name: str | None) -> str:
    """Where the job that somebody names is looked for: here, or around what lies elsewhere, which another project below
    the current folder is too.

    A folder is enough where the current one is no project: nobody wants all of their home searched for its jobs.
    """
    if name is None or not Path(name).exists():
        return "."
    place, here = Path(name).resolve(), Path.cwd().resolve()
    if not place.is_relative_to(here):
        return name
    project = project_of(place)
    if project is not None and project.is_relative_to(here):
        return str(project)
    return name if place.is_dir() and project is None else "."


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


def _from_root(name: str, root: Path) -> str:
    place = Path(name).resolve()
    return place.relative_to(root).as_posix().removeprefix(".") if place.is_relative_to(root) else name
