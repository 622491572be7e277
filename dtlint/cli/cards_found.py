"""The cards that a command may name: dtlint's own and those of the workspace around the current folder."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable
from pathlib import Path

import click

from dtlint.card import Card
from dtlint.catalog import Cards, read_cards


def site_folders() -> tuple[Path, ...]:
    """The folders of rules that the configuration around the current folder names, of those that are there."""
    from dtlint.config import ConfigError, load

    try:
        config = load(Path.cwd())
    except ConfigError as fault:
        raise click.ClickException(str(fault)) from fault
    folders = [Path(os.path.normpath(Path.cwd() / config.base / name)) for name in config.rules]
    return tuple(folder for folder in folders if folder.is_dir())


def all_cards() -> Cards:
    """All cards; what cannot be used is said on standard error."""
    found = read_cards(site_folders())
    for flaw in found.flaws:
        click.echo(f"warning: {flaw.path}: {flaw.message}", err=True)
    return found


def card_named(name: str) -> Card:
    """The card of that name.  Raises `click.UsageError` with the names that are like it."""
    found = all_cards()
    card = found.find(name.replace("_", "-"))
    if card is None:
        names = [known for card in found.cards for known in (card.id, *card.aliases)]
        raise click.UsageError(f"no rule is named {name}{like(name, names)}")
    return card


def like(name: str, names: Iterable[str]) -> str:
    """The end of an error message: which names were perhaps meant."""
    close = difflib.get_close_matches(name, list(names), n=3, cutoff=0.5)
    return f"; did you mean {' or '.join(close)}?" if close else "; `dtlint rules` lists them"
