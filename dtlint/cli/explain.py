"""`dtlint explain`: a rule's card on the terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import click

from dtlint.card import SECTIONS, Card
from dtlint.catalog import taxonomy
from dtlint.cli.cards_found import card_named
from dtlint.cli.terminal import colored


@click.command(name="explain")
@click.argument("rule")
@click.option("--color", type=click.Choice(["auto", "always", "never"]), default="auto", help="Colours.  [auto]")
def command(rule: str, color: str) -> None:
    """Explain a rule: why it is a mistake, and how to mend it."""
    paint = colored(color, sys.stdout)
    for line in explained(card_named(rule)):
        sys.stdout.write((_styled(line) if paint else line) + "\n")


def explained(card: Card) -> Iterator[str]:
    """The card as lines of Markdown that read well on a terminal."""
    yield f"# {card.id}"
    yield ""
    yield f"{card.title}."
    yield ""
    yield f"Severity: {card.severity.value}, of the family {card.family}"
    if card.aliases:
        yield f"Formerly: {', '.join(card.aliases)}"
    if card.yields_to:
        yield f"Silent where one of these speaks: {', '.join(card.yields_to)}"
    for package, versions in card.frameworks.items():
        yield f"About: {package} {versions}"
    for symptom in card.symptoms:
        yield f"Seen as: {_studied(symptom, 'symptoms')}"
    yield f"Mended by: {_studied(card.fix_pattern, 'fix_patterns')}"
    for title in SECTIONS:
        if title in card.sections:
            yield ""
            yield f"## {title}"
            yield ""
            yield from _indented(card.sections[title])
    yield ""
    yield "## Evidence"
    yield ""
    for thread in card.evidence:
        yield f"  {_address(thread)}"
    yield ""
    yield "## Not wrong here?"
    yield ""
    yield f"  # dtlint: ignore[{card.id}] the reason"


def _studied(name: str, kind: str) -> str:
    entry = taxonomy()[kind].get(name)
    if entry is None:
        return name
    return f"{entry['title']} ({entry['count']} of the study's {taxonomy()['faults']} faults)"


def _address(thread: str) -> str:
    if "#" in thread and not thread.startswith("https://"):
        repository, number = thread.split("#")
        return f"https://github.com/{repository}/issues/{number}"
    return thread


def _indented(markdown: str) -> Iterator[str]:
    """Prose as it stands; files without their fences, set in."""
    fence = ""
    for line in markdown.splitlines():
        mark = line[: len(line) - len(line.lstrip("`~"))]
        if fence:
            if line.strip() == fence:
                fence = ""
            else:
                yield f"    {line}".rstrip()
        elif len(mark) >= 3:
            fence = mark
        else:
            yield line


def _styled(line: str) -> str:
    if line.startswith("#") and " " in line and line.split(maxsplit=1)[0] in ("#", "##", "###"):
        return click.style(line.lstrip("# "), bold=True, underline=line.startswith("# "))
    return line
