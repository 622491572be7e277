"""Trying the examples of a card: what dtlint says of each, and whether that is what the card promises."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from dtlint import engine
from dtlint.card import Card, CardError, with_printed
from dtlint.config import load
from dtlint.diagnostic import Severity
from dtlint.outcome import Report
from dtlint.report.text import diagnostic_lines
from dtlint.report.view import View


@contextmanager
def tried(files: Mapping[str, str], folders: Sequence[Path] = ()) -> Iterator[Report]:
    """The report on a workspace of `files`, which is there until the context ends; `folders` hold rules of a site."""
    with TemporaryDirectory(prefix="dtlint-") as name:
        root = Path(name).resolve()
        for path, text in files.items():
            place = root / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text, encoding="utf-8")
        config = load(root)
        rules = (*config.rules, *(str(folder.resolve()) for folder in folders))
        yield engine.lint([root], replace(config, rules=rules), cache=False)


def printed(report: Report) -> str:
    """What `dtlint check` prints of the findings, notes included, without colours or a summary."""
    view = View(report, Severity.NOTE)
    blocks = ("\n".join(diagnostic_lines(view, diagnostic)) for diagnostic in view.shown)
    text = "\n\n".join(blocks)
    return f"{text}\n" if text else ""


def complaints(card: Card, folders: Sequence[Path] = ()) -> Iterator[str]:
    """In which ways the card's examples are not what it promises; none for a good card."""
    try:
        examples = card.examples
    except CardError as fault:
        yield str(fault)
        return
    for example in examples:
        named = f"{example.kind.capitalize()} {example.title}".strip()
        with tried(example.files, folders) as report:
            rules = {diagnostic.rule for diagnostic in report.shown(Severity.NOTE)}
            if example.kind != "bad":
                if rules:
                    yield f"{named}: it must be silent, but says\n{printed(report)}"
            elif rules != {card.id}:
                others = ", ".join(sorted(rules - {card.id}))
                yield f"{named}: " + (f"others speak: {others}" if card.id in rules else "the rule does not speak")
            elif example.printed != printed(report):
                yield f"{named}: the printed text is not up to date; `dtlint cards --write {card.id}` rewrites it"


def rewritten(card: Card, folders: Sequence[Path] = ()) -> str:
    """The card's text with what dtlint prints today for each Bad example."""
    text = card.text
    for example in reversed(card.examples):
        if example.kind == "bad":
            with tried(example.files, folders) as report:
                text = with_printed(text, example, printed(report))
    return text
