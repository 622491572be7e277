"""`dtlint preflight`: lint a command line with the environment that is here, then become it."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

import click

from dtlint.cli import FOUND, MISUSED
from dtlint.cli.linting import chosen, lint_command
from dtlint.diagnostic import Severity
from dtlint.report import View, render


@click.command(name="preflight", context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.option("--dry-run", is_flag=True, help="Lint only; do not start the command.")
@click.option("--select", multiple=True, metavar="RULE", help="Only these rules or families (repeat, or use commas).")
@click.option("--ignore", multiple=True, metavar="RULE", help="Not these rules or families (repeat, or use commas).")
@click.option("--color", type=click.Choice(["auto", "always", "never"]), default="auto", help="Colours.  [auto]")
@click.argument("words", nargs=-1, required=True, type=click.UNPROCESSED, metavar="CMD...")
def command(words: tuple[str, ...], dry_run: bool, select: tuple[str, ...], ignore: tuple[str, ...], color: str) -> int:
    """Lint a command line together with this environment, and start it unless an error stands against it.

    Write it behind `--`.  The command takes the place of dtlint, with its own exit status; where an error was found,
    nothing is started and the exit status is 1.  What is reported goes to standard error.
    """
    from dtlint.cli.terminal import colored

    report = lint_command(shlex.join(words), chosen(select), chosen(ignore), environment=dict(os.environ))
    view = View(report, base=Path.cwd(), color=colored(color, sys.stderr))
    if view.shown:
        sys.stderr.write(render("text", view))
        sys.stderr.flush()
    if any(diagnostic.severity is Severity.ERROR for diagnostic in view.shown):
        click.echo("not started", err=True)
        return FOUND
    if dry_run:
        return 0
    sys.stdout.flush()
    try:
        os.execvp(words[0], words)
    except OSError as fault:
        click.echo(f"Error: {words[0]} cannot be started: {fault.strerror}", err=True)
        return MISUSED
