"""`dtlint check --fix`, `--diff` and `--add-ignores`: changing files, and saying what was changed and what was not."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from dtlint.cli import FOUND
from dtlint.cli.linting import lint
from dtlint.diagnostic import Diagnostic, Severity
from dtlint.mending import Mended, UnwritableError, diff, mend, write
from dtlint.outcome import Report
from dtlint.report.view import View


@dataclass(frozen=True)
class Changing:
    """What the person asked for; findings are judged anew after each round of changes."""

    paths: Sequence[str]
    select: tuple[str, ...]
    ignored: tuple[str, ...]
    focus: Sequence[str]
    lowest: Severity
    hidden: Callable[[Report], Report] | None
    """Takes out of a report what a baseline has."""

    def fix(self, report: Report, unsafe: bool) -> Report:
        """Make all fixes; the report on what is left."""
        mended = self._mended(report, unsafe)
        self._write(report, mended.texts)
        if mended.made:
            click.echo(f"{_count(len(mended.made), 'finding')} mended in {_count(len(mended.texts), 'file')}", err=True)
        self._refused(mended)
        return mended.report

    def show(self, report: Report, unsafe: bool) -> int:
        """Print what `fix` would change, as a diff; found if there is something."""
        mended = self._mended(report, unsafe)
        sys.stdout.writelines(diff(mended.texts, report.sources, View(report, base=Path.cwd()).path))
        self._refused(mended)
        return FOUND if mended.texts else 0

    def ignore(self, report: Report) -> Report:
        """Write a suppression for each finding; the report on what is left."""
        from dtlint.config import load
        from dtlint.fix import apply
        from dtlint.ignoring import ignores
        from dtlint.workspace import Workspace

        workspace = Workspace(report.root, load(report.root))
        found = ignores(self._wanted(report), workspace)
        texts: dict[str, str] = {}
        for path in {edit.at.path for edit in found.edits}:
            source = report.sources(path)
            if source is not None:
                texts[path] = apply(source.text, [edit for edit in found.edits if edit.at.path == path])
        after = self._lint(report.root, texts)
        worse = _new(after, report)
        if worse:
            # A comment that does not suppress is noise in somebody's file.
            for diagnostic in worse:
                path = diagnostic.at.path
                click.echo(f"{path}: not changed, since a comment would bring: {diagnostic.message}", err=True)
                texts.pop(path, None)
            after = self._lint(report.root, texts)
        self._write(report, texts)
        for left in found.left:
            click.echo(f"{left.diagnostic.rule}: not suppressed: {left.why}", err=True)
        if texts:
            gone = _count(len(self._wanted(report)) - len(self._wanted(after)), "finding")
            click.echo(f"{gone} suppressed in {_count(len(texts), 'file')}: write the reasons", err=True)
        return after

    def _mended(self, report: Report, unsafe: bool) -> Mended:
        """What is found first is not asked for again."""

        def again(texts: Mapping[str, str]) -> Report:
            return self._lint(report.root, texts) if texts else report

        return mend(again, self._wanted, unsafe)

    def _wanted(self, report: Report) -> tuple[Diagnostic, ...]:
        return (self.hidden(report) if self.hidden is not None else report).shown(self.lowest)

    def _lint(self, root: Path, texts: Mapping[str, str]) -> Report:
        overlay = {str(root / path): text for path, text in texts.items()}
        return lint(self.paths, self.select, self.ignored, self.focus, overlay)

    def _write(self, report: Report, texts: Mapping[str, str]) -> None:
        try:
            write(report.root, texts, report.sources)
        except UnwritableError as fault:
            raise click.ClickException(str(fault)) from fault

    def _refused(self, mended: Mended) -> None:
        for refused in mended.refused:
            click.echo(f"{refused.diagnostic.rule}: not mended: {refused.why}", err=True)


def _new(after: Report, before: Report) -> list[Diagnostic]:
    """What is said of the changed texts that was not said before: broken files, comments that suppress nothing."""
    known = {(diagnostic.rule, diagnostic.message, diagnostic.at.path) for diagnostic in before.shown(Severity.NOTE)}
    return [
        diagnostic
        for diagnostic in after.shown(Severity.NOTE)
        if (diagnostic.rule, diagnostic.message, diagnostic.at.path) not in known
    ]


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"
