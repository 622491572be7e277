"""What the README says is so."""

from __future__ import annotations

import re
import tomllib

from readme import README, SHOWN, TOP, written

from dtlint.catalog import read_cards
from dtlint.cli.app import app
from dtlint.report import FORMATS

TEXT = README.read_text(encoding="utf-8")


def test_the_example_is_what_dtlint_prints() -> None:
    assert written(TEXT) == TEXT
    assert all(f"[{rule}]" in TEXT for rule in SHOWN)


def test_commands_options_and_formats_exist() -> None:
    for command, option in re.findall(r"dtlint ([a-z-]+)[^`\n]*?(--[a-z-]+)", TEXT):
        found = app.get_command(None, command)  # type: ignore[arg-type]
        assert found is not None, command
        assert option in {name for parameter in found.params for name in parameter.opts}, option
    assert all(f"`{form}`" in TEXT for form in FORMATS)


def test_rules_that_are_named_exist() -> None:
    named = re.findall(r"(?:ignore\[|explain )([a-z0-9-]+)", TEXT)
    assert named
    assert set(named) <= {card.id for card in read_cards().cards}


def test_paths_that_are_named_exist() -> None:
    for path in re.findall(r"\]\(([\w./-]+)\)|(fixtures/[\w/-]+)", TEXT):
        assert all((TOP / name).exists() for name in filter(None, path))


def test_the_configuration_is_one() -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)
    assert set(tomllib.loads(example)["tool"]) == {"dtlint"}
