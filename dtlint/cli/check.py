"""`dtlint check`: lint, report, and say by the exit status whether something was found."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dtlint.cli import FOUND
from dtlint.cli.linting import chosen, lint, lint_command
from dtlint.diagnostic import Severity
from dtlint.report import FORMATS, View, render

if TYPE_CHECKING:
    from dtlint.outcome import Report


@click.command(name="check")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--format", "form", type=click.Choice(FORMATS), default="text", help="How to report.  [text]")
@click.option("--output", type=click.Path(dir_okay=False), metavar="FILE", help="Write the report into FILE.")
@click.option("--select", multiple=True, metavar="RULE", help="Only these rules or families (repeat, or use commas).")
@click.option("--ignore", multiple=True, metavar="RULE", help="Not these rules or families (repeat, or use commas).")
@click.option(
    "--severity",
    type=click.Choice([severity.value for severity in Severity]),
    default=Severity.WARNING.value,
    help="The lowest severity to show.  [warning]",
)
@click.option("--focus", multiple=True, metavar="FILE", help="Report only what touches FILE (repeatable).")
@click.option(
    "--changed",
    is_flag=True,
    help="The PATHs are changed files, or else what git has staged: lint the current folder, report only what touches "
    "them.  What is staged is judged as staged.",
)
@click.option("--since", metavar="COMMIT", help="The same with what has changed since the branch left COMMIT.")
@click.option("--baseline", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Hide what FILE has.")
@click.option("--write-baseline", is_flag=True, help="Write all findings into the baseline instead.")
@click.option("--undecided", is_flag=True, help="Show also which rules could not decide, and on what.")
@click.option("--statistics", is_flag=True, help="Count findings by rule, and measure the run.")
@click.option("--exit-zero", is_flag=True, help="Exit with status 0 also if something was found.")
@click.option("--no-cache", is_flag=True, help="Neither read nor write the cache.")
@click.option("--stdin-filename", metavar="NAME", help="Take the text of the file NAME from standard input.")
@click.option("--fix", is_flag=True, help="Mend what has a fix that cannot change a job that worked.")
@click.option("--unsafe-fixes", is_flag=True, help="Mend also what may be meant as it is.")
@click.option("--diff", "as_diff", is_flag=True, help="Print what would be mended, and change nothing.")
@click.option("--add-ignores", is_flag=True, help="Write a comment beside each finding that suppresses it.")
@click.option("--command", "line", metavar="CMD", help="Lint this command line, as if it stood in a script here.")
@click.option("--color", type=click.Choice(["auto", "always", "never"]), default="auto", help="Colours.  [auto]")
def command(
    paths: tuple[str, ...],
    form: str,
    output: str | None,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    severity: str,
    focus: tuple[str, ...],
    changed: bool,
    since: str | None,
    baseline: Path | None,
    write_baseline: bool,
    undecided: bool,
    statistics: bool,
    exit_zero: bool,
    no_cache: bool,
    stdin_filename: str | None,
    fix: bool,
    unsafe_fixes: bool,
    as_diff: bool,
    add_ignores: bool,
    line: str | None,
    color: str,
) -> int:
    """Find what breaks the training jobs in these files or folders.

    Without a PATH, everything below the current folder is read.  Exit status: 0 nothing found, 1 something found
    (of severity error or warning), 2 wrong use.
    """
    if since is not None and paths:
        raise click.UsageError("--since asks git for the files: name none")
    changed = changed or since is not None
    if write_baseline and (baseline is None or focus or changed):
        raise click.UsageError("--write-baseline needs --baseline FILE, and the whole workspace in focus")
    if line is not None and (paths or focus or changed or baseline or stdin_filename):
        raise click.UsageError("--command stands alone: it names neither files nor a baseline")
    changes = fix or unsafe_fixes or as_diff or add_ignores
    if changes and (line is not None or stdin_filename is not None or write_baseline):
        raise click.UsageError("only files can be changed: --fix and its like go with PATHs")
    if add_ignores and (fix or unsafe_fixes or as_diff):
        raise click.UsageError("--add-ignores is for what is left: fix first")
    overlay: Mapping[str, str] = {}
    removed: Mapping[str, str] = {}
    renamed: Mapping[str, str] = {}
    if changed:
        from dtlint.cli.staged import changed_files

        # What is mended is the disk.
        asked_for = changed_files(paths, on_disk=changes, since=since)
        removed, renamed, overlay = asked_for.removed, asked_for.renamed, asked_for.overlay
        if not asked_for.focus and not removed:
            return 0
        paths, focus = (), (*focus, *asked_for.focus)
    if stdin_filename is not None:
        overlay = {**overlay, stdin_filename: sys.stdin.buffer.read().decode("utf-8", "surrogateescape")}
        focus = focus or (() if paths else (stdin_filename,))
    rules = (chosen(select), chosen(ignore))
    if line is not None:
        report = lint_command(line, *rules)
    else:
        report = lint(paths or (".",), *rules, focus, overlay, not no_cache, removed, renamed)
    lowest = Severity(severity)
    if changes:
        from dtlint.cli.changing import Changing

        hidden = None if baseline is None else lambda report: _apply_baseline(report, baseline)
        asked = Changing(paths or (".",), *rules, focus, lowest, hidden)
        if as_diff:
            return asked.show(report, unsafe_fixes)
        report = asked.ignore(report) if add_ignores else asked.fix(report, unsafe_fixes)
    if baseline is not None:
        if write_baseline:
            return _write_baseline(report, lowest, baseline)
        report = _apply_baseline(report, baseline)
    view = View(report, lowest, Path.cwd(), False, undecided, statistics)
    if output is not None:
        _write(output, render(form, view))
    else:
        from dtlint.cli.terminal import colored

        sys.stdout.write(render(form, replace(view, color=form == "text" and colored(color, sys.stdout))))
    if statistics and form != "text":
        from dtlint.report.text import statistics_lines

        click.echo("\n".join(statistics_lines(view)), err=True)
    grave = any(diagnostic.severity is not Severity.NOTE for diagnostic in view.shown)
    return FOUND if grave and not exit_zero else 0


def _write_baseline(report: Report, lowest: Severity, path: Path) -> int:
    from dtlint import baseline

    try:
        count = baseline.write(report, report.shown(lowest), path)
    except OSError as fault:
        raise click.ClickException(f"{path} cannot be written: {fault.strerror}") from fault
    click.echo(f"{count} findings written into {path}", err=True)
    return 0


def _apply_baseline(report: Report, path: Path) -> Report:
    from dtlint import baseline

    try:
        report, gone = baseline.apply(report, path)
    except baseline.BaselineError as fault:
        raise click.ClickException(str(fault)) from fault
    if gone:
        click.echo(f"{gone} findings of {path} are gone; --write-baseline would shorten it", err=True)
    return report


def _write(output: str, text: str) -> None:
    try:
        Path(output).write_text(text, encoding="utf-8", errors="replace")
    except OSError as fault:
        raise click.ClickException(f"{output} cannot be written: {fault.strerror}") from fault
