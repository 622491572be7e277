"""`dtlint ranks`: the jobs as tables of their processes."""

from __future__ import annotations

import sys

import click

from dtlint.cli.jobs_here import jobs_here
from dtlint.cli.terminal import colored


@click.command(name="ranks")
@click.argument("job", required=False, metavar="[JOB]")
@click.option("--json", "as_json", is_flag=True, help="As JSON, for scripts.")
@click.option("--color", type=click.Choice(["auto", "always", "never"]), default="auto", help="Colours.  [auto]")
def command(job: str | None, as_json: bool, color: str) -> None:
    """Show the jobs as tables: each process with its host, rank, local rank, GPU and groups, and where they meet.

    JOB is the file that starts it, or the beginning of such paths; without it, all jobs below the current folder.
    Thousands of ranks are folded.  What the files do not say is unknown, with the name of what decides it.
    """
    from dtlint.report import ranks

    found = jobs_here(job)
    jobs = [ranks.job(run, found.path(run.root)) for run in found.runs]
    if as_json:
        sys.stdout.write(ranks.as_json(jobs, found.place))
    elif jobs:
        sys.stdout.write(ranks.text(jobs, found.place, colored(color, sys.stdout)))
    else:
        click.echo("no job was found")
