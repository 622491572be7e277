"""Variables in compose files: `${NAME:-default}`, from the `.env` file of the same folder or the shell.

https://docs.docker.com/reference/compose-file/interpolation/
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from dtlint.facts.document import Hole
from dtlint.run.settings import Filling, unfilled
from dtlint.value import How, Step, Trail, Value, known, text, unknown

_VARIABLE: Final = re.compile(
    r"\$(?:(?P<escaped>\$)|(?P<plain>[A-Za-z_]\w*)|\{(?P<braced>[A-Za-z_]\w*)(?:(?P<how>:?[-?+])(?P<other>[^{}]*))?\})"
)
_TEMPLATE: Final = re.compile(r"\{\{|\{%|^<[^<>]*>$|\$\{(?![A-Za-z_]\w*(?::?[-?+][^{}]*)?\})")


def filling(variables: Mapping[str, Value], scope: object) -> Filling:
    """What stands for a scalar with variables in it; `variables` are those of the `.env` file, which the shell's own
    win over."""

    def fill(hole: Hole, trail: Trail) -> Value:
        if _TEMPLATE.search(hole.text):
            return unfilled(hole, trail)
        parts: list[str | Value] = []
        done = 0
        for found in _VARIABLE.finditer(hole.text):
            parts.append(hole.text[done : found.start()])
            parts.append(_variable(found, hole, variables, scope))
            done = found.end()
        parts.append(hole.text[done:])
        return text(parts).because(*trail)

    return fill


def _variable(found: re.Match[str], hole: Hole, variables: Mapping[str, Value], scope: object) -> str | Value:
    if found.group("escaped"):
        return "$"
    name = found.group("plain") or found.group("braced")
    if name in variables and found.group("how") not in ("+", ":+"):
        return variables[name]
    if found.group("how") in ("-", ":-"):
        return known(found.group("other"), Step(How.DEFAULT, found.group(), hole.at))
    return unknown(f"${name}", key=("compose", scope, name))
