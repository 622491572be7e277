"""`dtlint cards`: tries the examples of cards, for those who write rules."""

from __future__ import annotations

import click

from dtlint.cli import FOUND
from dtlint.cli.cards_found import all_cards, card_named, site_folders


@click.command(name="cards", hidden=True)
@click.argument("rules", nargs=-1, metavar="[RULE]...")
@click.option("--write", is_flag=True, help="Rewrite what dtlint prints for the Bad examples.")
def command(rules: tuple[str, ...], write: bool) -> int:
    """Try the examples of the cards named, or of all; say which do not keep what they promise."""
    from dtlint.card import load
    from dtlint.trial import complaints, rewritten

    status, folders = 0, site_folders()
    for card in [card_named(name) for name in rules] or all_cards().cards:
        if write:
            text = rewritten(card, folders)
            if text != card.text:
                card.path.write_text(text, encoding="utf-8")
                card = load(card.path)
                click.echo(f"rewrote {card.path}")
        for complaint in complaints(card, folders):
            status = FOUND
            click.echo(f"{card.path}: {complaint}")
    return status
