"""Asking the engine from the command line: workspace, rules and focus as a person names them here."""

from __future__ import annotations

import os
from collections.abc import Container, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from dtlint.config import Config
    from dtlint.outcome import Report


def chosen(options: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for option in options for name in option.replace(",", " ").split())


def lint(
    paths: Sequence[str],
    select: tuple[str, ...] = (),
    ignore: tuple[str, ...] = (),
    focus: Sequence[str] = (),
    overlay: Mapping[str, str] | None = None,
    cache: bool = True,
    removed: Mapping[str, str] | None = None,
    renamed: Mapping[str, str] | None = None,
) -> Report:
    """The report on the workspace of some paths.

    `focus` and `overlay` name files as seen from here, and `removed` those that are gone, with their text before.
    """
    from dtlint import engine
    from dtlint.cli.terminal import Progress
    from dtlint.workspace import locate

    progress = Progress()
    texts, gone = overlay or {}, removed or {}
    try:
        with misuse():
            root = locate(paths).root
            settings = config(root, select, ignore)
            inner = {_inside(root, path, texts): text for path, text in texts.items()}
            report = engine.lint(
                paths,
                settings,
                focus=[_inside(root, path, {*texts, *gone}) for path in (*focus, *gone)],
                overlay=inner,
                cache=cache,
                progress=progress,
            )
            if gone:
                from dtlint.removed import broken

                before = {_inside(root, path, gone): text for path, text in gone.items()}
                moved = {_inside(root, old, gone): _inside(root, new, texts) for old, new in (renamed or {}).items()}
                report = replace(report, problems=(*report.problems, *broken(root, settings, before, moved, inner)))
            return report
    finally:
        progress.clear()


def lint_command(
    line: str,
    select: tuple[str, ...] = (),
    ignore: tuple[str, ...] = (),
    environment: Mapping[str, str] | None = None,
) -> Report:
    """The report on a command line, as if it stood in a shell script of the current folder."""
    from dtlint import engine
    from dtlint.read.kinds import COMMAND

    with misuse():
        return engine.lint(
            ["."],
            config(Path.cwd().resolve(), select, ignore),
            overlay={COMMAND: line},
            root=COMMAND,
            environment=environment,
        )


@contextmanager
def misuse() -> Iterator[None]:
    """What a person gave wrongly, as click says it."""
    from dtlint.config import ConfigError

    try:
        yield
    except (ConfigError, FileNotFoundError, PermissionError) as fault:
        raise click.ClickException(str(fault)) from fault


def _inside(root: Path, path: str, overlay: Container[str]) -> str:
    """`path`, which is seen from here, from the root of the workspace."""
    place = Path(os.path.abspath(path))
    if path not in overlay and not os.path.exists(place):
        raise click.UsageError(f"no such file or folder: {path}")
    place = Path(os.path.realpath(place.parent), place.name)
    if not place.is_relative_to(root):
        raise click.UsageError(f"{path} is outside of the workspace {root}")
    return place.relative_to(root).as_posix() + "/" * os.path.isdir(place)


def config(root: Path, select: tuple[str, ...], ignore: tuple[str, ...]) -> Config:
    """The workspace's configuration, with what the command line says about rules.  Raises `ConfigError`."""
    from dtlint.config import load

    found = load(root)
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
