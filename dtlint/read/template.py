"""Places in a file that something fills in before it is used: `{{ x }}`, `${VAR}`, `<FILL>`."""

from __future__ import annotations

import re
from typing import Final

_CLOSING: Final = {"{{": "}}", "{%": "%}", "{#": "#}"}
_OPENING: Final = re.compile(r"\{[{%#]")
_LONGEST: Final = 10_000
"""Characters; what is longer is no template, but two unrelated pairs of braces."""

CONTROL: Final = re.compile(
    r"\{%|\{#|\{\{-?\s*(?:/\*|(?:if|else|end|range|with|define|block|template|break|continue)\b|\$\w*\s*:?=)"
)
"""A template that leaves no text of its own behind."""

_INSIDE: Final = re.compile(r"\$\{|\$[A-Za-z_]\w*|\$\([A-Za-z_][\w.]*\)")
_WHOLE: Final = re.compile(r"<[A-Za-z_][^<>\n]*>|\?\?\?|@\w+@|__[A-Z][A-Z0-9_]*__|%[A-Z][A-Z0-9_]*%")

FILLER: Final = "\ue000"
"""Stands for each character of a template while a parser looks at the text: no format gives it a meaning."""


def is_template(text: str) -> bool:
    """A scalar with this content is filled in later: the whole of it, or a part.

    `???` is OmegaConf's mark of a value that must be given; `$(VAR)` is Kubernetes' reference to a variable.
    """
    if "$" in text and _INSIDE.search(text):
        return True
    if "{" in text and templates(text):
        return True
    return text[:1] in ("<", "?", "@", "_", "%") and _WHOLE.fullmatch(text) is not None


def templates(text: str) -> tuple[tuple[int, int], ...]:
    """Where Jinja, Go and Helm templates stand: expressions, statements and comments."""
    if "{{" not in text and "{%" not in text:
        return ()
    found: list[tuple[int, int]] = []
    # The next end of each kind: searched for once, so that openings without an end cost nothing.
    ends = dict.fromkeys(_CLOSING, 0)
    at = 0
    while (opening := _OPENING.search(text, at)) is not None:
        kind, start = opening.group(), opening.start()
        at = start + 2
        if ends[kind] < at:
            end = text.find(_CLOSING[kind], at)
            ends[kind] = len(text) + _LONGEST if end < 0 else end
        if ends[kind] - start <= _LONGEST and ends[kind] < len(text):
            at = ends[kind] + 2
            found.append((start, at))
    return tuple(found)
