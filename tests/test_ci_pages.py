"""The snippets of `docs/ci.md`: what is YAML parses, and the real command takes every command line in them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from dtlint.cli.check import command
from dtlint.report import FORMATS

TOP = Path(__file__).parent.parent
PAGE = (TOP / "docs" / "ci.md").read_text(encoding="utf-8")
README = (TOP / "README.md").read_text(encoding="utf-8")
SNIPPETS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
CALL = re.compile(r"(?:^|[\s/])dtlint (check(?: [^'\n]*)?)")


def texts(node: Any) -> Iterator[str]:
    """Every scalar of a document, as its runner gets it."""
    if isinstance(node, dict):
        for value in node.values():
            yield from texts(value)
    elif isinstance(node, list):
        for value in node:
            yield from texts(value)
    elif isinstance(node, str):
        yield node


def calls() -> Iterator[str]:
    for language, text in SNIPPETS:
        for part in texts(yaml.safe_load(text)) if language == "yaml" else [text]:
            yield from CALL.findall(part)


@pytest.mark.parametrize("text", [text for language, text in SNIPPETS if language == "yaml"])
def test_what_is_yaml_parses(text: str) -> None:
    document = yaml.safe_load(text)
    assert isinstance(document, dict)
    assert len(list(texts(document))) > 2


@pytest.mark.parametrize("text", [text for language, text in SNIPPETS if language == "groovy"])
def test_what_is_groovy_closes_what_it_opens(text: str) -> None:
    bare = re.sub(r"'[^'\n]*'", "", text)
    for opened, closed in ("{}", "()", "[]"):
        assert bare.count(opened) == bare.count(closed)


@pytest.mark.parametrize("call", [*calls()])
def test_the_command_takes_the_line(call: str) -> None:
    words = shlex.split(re.sub(r"\$\([\w.]+\)", "folder", call))
    assert command.make_context("check", words[1:]).params["paths"] == ()


def test_every_runner_has_its_format() -> None:
    said = " ".join(calls())
    for form in set(FORMATS) - {"text", "json", "lsp"}:
        assert f"--format {form}" in said
    assert len(list(calls())) >= 9


def test_a_report_that_is_read_is_one_that_was_written() -> None:
    """A file that a step reads is the one that the step before wrote."""
    for _, text in SNIPPETS:
        for name in re.findall(r"--output (?:\S*/)?(dtlint\.\w+)", text):
            assert text.count(name) >= 2


def test_the_page_is_referred_to() -> None:
    assert "(docs/ci.md)" in README
