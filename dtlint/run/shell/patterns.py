"""Shell patterns as regular expressions that cannot run away."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

LONGEST: Final = 2_000
"""Characters of a text that is matched; matching a longer one could take too long."""
STAR: Final = "\0"
"""Stands for `*` in an expression until it is known how much it may take."""

_EXTENDED = re.compile(r"([?*+@])\(([^()]*)\)\Z")
_ONE_CHARACTER = re.compile(r"\[[^\[\]]+\]\Z|[^\\*?\[\]|]\Z")


def translated(pattern: str) -> str:
    """The expression of an unquoted pattern; raises `ValueError` for what is not understood."""
    if STAR in pattern:
        raise ValueError(pattern)
    out: list[str] = []
    at = 0
    while at < len(pattern):
        char = pattern[at]
        at += 1
        if char == "*":
            if out[-1:] != [STAR]:
                out.append(STAR)
        elif char == "?":
            out.append(".")
        elif char == "[":
            stop = pattern.find("]", at + 2 if pattern[at : at + 1] in ("!", "^") else at + 1)
            if stop < 0:
                out.append(r"\[")
                continue
            inside = pattern[at:stop]
            if "[:" in inside:
                raise ValueError(pattern)
            negated = inside[:1] in ("!", "^")
            inside = re.escape(inside[1:] if negated else inside).replace(r"\-", "-")
            out.append(f"[{'^' if negated else ''}{inside}]")
            at = stop + 1
        elif char == "\\" and at < len(pattern):
            out.append(re.escape(pattern[at]))
            at += 1
        else:
            out.append(re.escape(char))
    return "".join(out)


def quoted(text: str) -> str:
    """The expression of text that stands for itself; raises `ValueError`."""
    if STAR in text:
        raise ValueError(text)
    return re.escape(text)


def extended(text: str) -> str:
    """The expression of `@(a|b)` and its kin; raises `ValueError` for what is not understood."""
    found = _EXTENDED.match(text)
    if not found:
        raise ValueError(text)
    kind, inside = found.groups()
    options = inside.split("|")
    if kind in "*+" and not (len(options) == 1 and _ONE_CHARACTER.match(inside)):
        raise ValueError(text)
    expressions = [translated(option) for option in options]
    if any(STAR in expression for expression in expressions):
        raise ValueError(text)
    return f"(?:{'|'.join(expressions)}){'' if kind == '@' else kind}"


def matches(expression: str, text: str) -> bool:
    """The whole text matches; raises `ValueError`."""
    return _whole(expression).fullmatch(_short(text)) is not None


def trimmed(expression: str, text: str, operator: str) -> str:
    """`${X#p}`, `##`, `%`, `%%`; raises `ValueError`."""
    pattern = _whole(expression)
    _short(text)
    lengths = range(len(text) + 1) if len(operator) == 1 else range(len(text), -1, -1)
    for length in lengths:
        if operator[0] == "#":
            if pattern.fullmatch(text, 0, length):
                return text[length:]
        elif pattern.fullmatch(text, len(text) - length):
            return text[: len(text) - length]
    return text


def replaced(expression: str, text: str, replacement: str, operator: str) -> str:
    """`${X/p/r}`, `//`, `/#`, `/%`; raises `ValueError`."""
    if not expression or expression.count(STAR) > 1:
        raise ValueError(expression)
    expression = expression.replace(STAR, ".*")
    if operator == "/#":
        expression = rf"\A(?:{expression})"
    elif operator == "/%":
        expression = rf"(?:{expression})\Z"
    pattern = _compiled(expression)
    if pattern.fullmatch(""):
        raise ValueError(text)
    return pattern.sub(lambda _found: replacement, _short(text), count=0 if operator == "//" else 1)


def _short(text: str) -> str:
    if len(text) > LONGEST:
        raise ValueError(text)
    return text


def _whole(expression: str) -> re.Pattern[str]:
    # Where the whole text must match, the first place that fits what stands between two stars is as good as any
    # other, so that nothing needs to be tried twice.
    first, *rest = expression.split(STAR)
    if rest:
        *between, last = rest
        expression = first + "".join(f"(?>.*?{part})" for part in between) + ".*" + last
    return _compiled(expression)


@lru_cache(maxsize=512)
def _compiled(expression: str) -> re.Pattern[str]:
    try:
        return re.compile(expression, re.DOTALL)
    except (re.error, RecursionError, OverflowError) as error:
        raise ValueError(expression) from error
