"""`dtlint rules`: the list of rules, and how much of the study they cover."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import click

from dtlint.card import Card
from dtlint.catalog import taxonomy
from dtlint.cli.cards_found import all_cards


@click.command(name="rules")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to list.  [text]")
@click.option("--coverage", is_flag=True, help="Show which symptoms and fix patterns of the study the rules cover.")
def command(form: str, coverage: bool) -> None:
    """List the rules."""
    cards = all_cards().cards
    if form == "json":
        content = covered(cards) if coverage else [described(card) for card in cards]
        sys.stdout.write(json.dumps(content, indent=2) + "\n")
        return
    for line in _coverage_lines(covered(cards)) if coverage else _listed(cards):
        sys.stdout.write(line + "\n")


def described(card: Card) -> dict[str, Any]:
    """What a program may want to know of a rule."""
    return {
        "name": card.id,
        "family": card.family,
        "severity": card.severity.value,
        "title": card.title,
        "message": card.message,
        "symptoms": list(card.symptoms),
        "fix_pattern": card.fix_pattern,
        "fix": {"title": card.fix_title, "safe": card.fix_safe} if card.fix_title else None,
        "frameworks": dict(card.frameworks),
        "evidence": list(card.evidence),
        "yields_to": list(card.yields_to),
        "aliases": list(card.aliases),
    }


def covered(cards: Sequence[Card]) -> dict[str, Any]:
    """The study's symptoms and fix patterns, each with its count and the rules that are about it."""
    study = taxonomy()
    return {
        "faults": study["faults"],
        "symptoms": [
            {"name": name, **entry, "rules": [card.id for card in cards if name in card.symptoms]}
            for name, entry in study["symptoms"].items()
        ],
        "fix_patterns": [
            {"name": name, **entry, "rules": [card.id for card in cards if card.fix_pattern == name]}
            for name, entry in study["fix_patterns"].items()
        ],
    }


def _listed(cards: Sequence[Card]) -> Iterator[str]:
    width = max((len(card.id) for card in cards), default=0)
    family = ""
    for card in sorted(cards, key=lambda card: (card.family, card.id)):
        if card.family != family:
            yield from ([""] if family else [])
            family = card.family
            yield family
        yield f"  {card.id:<{width}}  {card.severity.value:<7}  {card.title}"
    yield ""
    yield f"{len(cards)} rules; `dtlint explain RULE` tells more"


def _coverage_lines(coverage: Mapping[str, Any]) -> Iterator[str]:
    for kind, heading in (("symptoms", "symptom"), ("fix_patterns", "fix pattern")):
        entries = coverage[kind]
        width = max(len(entry["name"]) for entry in entries)
        yield f"{heading:<{width}}  faults  share  rules"
        for entry in entries:
            share = f"{entry['count'] / coverage['faults']:.1%}"
            yield f"{entry['name']:<{width}}  {entry['count']:>6}  {share:>5}  {', '.join(entry['rules']) or '-'}"
        met = [entry for entry in entries if entry["rules"]]
        yield f"{len(met)} of {len(entries)} covered, with {sum(entry['count'] for entry in met)} records of the study"
        yield ""
