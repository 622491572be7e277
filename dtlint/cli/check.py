"""`dtlint check`: lint, report, and say by the exit status whether something was found."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dtlint.cli import FOUND
from dtlint.diagnostic import Severity
from dtlint.report import FORMATS, View, render

if TYPE_CHECKING:
    from dtlint.config import Config
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
    help="The PATHs are changed files: lint the current folder, report only what touches them.",
)
@click.option("--baseline", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Hide what FILE has.")
@click.option("--write-baseline", is_flag=True, help="Write all findings into the baseline instead.")
@click.option("--undecided", is_flag=True, help="Show also which rules could not decide, and on what.")
@click.option("--statistics", is_flag=True, help="Count findings by rule, and measure the run.")
@click.option("--exit-zero", is_flag=True, help="Exit with status 0 also if something was found.")
@click.option("--no-cache", is_flag=True, help="Neither read nor write the cache.")
@click.option("--stdin-filename", metavar="NAME", help="Take the text of the file NAME from standard input.")
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
    baseline: Path | None,
    write_baseline: bool,
    undecided: bool,
    statistics: bool,
    exit_zero: bool,
    no_cache: bool,
    stdin_filename: str | None,
    color: str,
) -> int:
    """Find what breaks the training jobs in these files or folders.

    Without a PATH, everything below the current folder is read.  Exit status: 0 nothing found, 1 something found
    (of severity error or warning), 2 wrong use.
    """
    if write_baseline and (baseline is None or focus or changed):
        raise click.UsageError("--write-baseline needs --baseline FILE, and the whole workspace in focus")
    if changed:
        if not paths:
            return 0
        paths, focus = (), (*focus, *paths)
    overlay = {}
    if stdin_filename is not None:
        overlay = {stdin_filename: sys.stdin.buffer.read().decode("utf-8", "surrogateescape")}
        focus = focus or (() if paths else (stdin_filename,))
    report = _lint(paths or (".",), _chosen(select), _chosen(ignore), focus, overlay, not no_cache)
    lowest = Severity(severity)
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


def _chosen(options: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for option in options for name in option.replace(",", " ").split())


def _lint(
    paths: Sequence[str],
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    focus: Sequence[str],
    overlay: Mapping[str, str],
    cache: bool,
) -> Report:
    from dtlint import engine
    from dtlint.cli.terminal import Progress
    from dtlint.config import ConfigError
    from dtlint.workspace import locate

    progress = Progress()
    try:
        root = locate(paths).root
        return engine.lint(
            paths,
            _config(root, select, ignore),
            focus=[_inside(root, path, overlay) for path in focus],
            overlay={_inside(root, path, overlay): text for path, text in overlay.items()},
            cache=cache,
            progress=progress,
        )
    except (ConfigError, FileNotFoundError) as fault:
        raise click.ClickException(str(fault)) from fault
    finally:
        progress.clear()


def _inside(root: Path, path: str, overlay: Mapping[str, str]) -> str:
    """`path`, which is seen from here, from the root of the workspace."""
    place = Path(os.path.abspath(path))
    if path not in overlay and not place.exists():
        raise click.UsageError(f"no such file or folder: {path}")
    place = Path(os.path.realpath(place.parent), place.name)
    if not place.is_relative_to(root):
        raise click.UsageError(f"{path} is outside of the workspace {root}")
    return place.relative_to(root).as_posix() + "/" * place.is_dir()


def _config(root: Path, select: tuple[str, ...], ignore: tuple[str, ...]) -> Config:
    """The workspace's configuration, with what the command line says about rules.  Raises `ConfigError`."""
    from dtlint import config

    found = config.load(root)
    if not select and not ignore:
        return found
    folders = [folder for name in found.rules if (folder := root / found.base / name).is_dir()]
    _check_names((*select, *ignore), folders)
    return replace(found, select=select or found.select, ignore=(*found.ignore, *ignore))


def _check_names(given: Sequence[str], folders: Sequence[Path]) -> None:
    """Refuses names that no rule and no family has: a misspelt one would select nothing, and look like success."""
    from dtlint.catalog import read_cards
    from dtlint.cli.cards_found import like

    cards = read_cards(folders).cards
    known = {name for card in cards for name in (card.id, card.family, *card.aliases)}
    for name in given:
        if name not in known:
            raise click.UsageError(f"no rule or family is named {name}{like(name, known)}")


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
