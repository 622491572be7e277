"""`dtlint graph`: the jobs as pictures of processes and network, with what was found."""

from __future__ import annotations

import sys

import click

from dtlint.cli.jobs_here import folder_of, named
from dtlint.cli.linting import misuse
from dtlint.job.run import Run
from dtlint.report.graph import FORMATS, render


@click.command(name="graph")
@click.argument("job", required=False, metavar="[JOB]")
@click.option("--format", "form", type=click.Choice(FORMATS), default="dot", help="How to write it.  [dot]")
@click.option("--no-cache", is_flag=True, help="Neither read nor write the cache.")
def command(job: str | None, form: str, no_cache: bool) -> None:
    """Draw the jobs: who starts whom, on which host, where they meet; what was found is red, with the rule's name.

    JOB is the file that starts it, or the beginning of such paths; without it, all jobs below the current folder.
    Of many processes those are drawn that dtlint looks at one by one.
    """
    from dtlint import engine
    from dtlint.run.picture import picture

    runs: list[Run] = []
    with misuse():
        report = engine.lint([folder_of(job)], cache=not no_cache, kept=runs)
    jobs = [run for run in runs if not run.configures]
    chosen = sorted(named(job, jobs, report.root), key=lambda run: (run.root, run.told))
    shown = report.shown()
    pictures = [picture(run, [each for each in shown if each.at.path in run.files]) for run in chosen]
    sys.stdout.write(render(form, pictures))
