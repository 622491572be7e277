"""Shell arithmetic to expression trees, by precedence."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from dtlint.facts.shell import Expression, Literal, Parameter, Part, Word
from dtlint.source import Span

BINARY: Final = {
    ",": 1, "||": 4, "&&": 5, "|": 6, "^": 7, "&": 8, "==": 9, "!=": 9, "<": 10, ">": 10, "<=": 10, ">=": 10,
    "<<": 11, ">>": 11, "+": 12, "-": 12, "*": 13, "/": 13, "%": 13, "**": 14,
}  # fmt: skip
ASSIGNING: Final = frozenset({"=", "+=", "-=", "*=", "/=", "%=", "<<=", ">>=", "&=", "^=", "|="})
TERNARY: Final = 3
ASSIGNMENT: Final = 2
UNARY: Final = 15
DEEPEST: Final = 60

_BLANK = re.compile(r"(?:[ \t\n\r]|\\\n)*")
_OPERATOR = re.compile(r"<<=|>>=|\*\*|\+\+|--|&&|\|\||<<|>>|[-+*/%&^|=!<>]=|[-+*/%&^|=!<>~?:,()]")
# The digits behind a base may come from an expansion: `10#$x`, `0x$x`.
_NUMBER = re.compile(r"[0-9]+#[0-9a-zA-Z@_]*|0[xX][0-9a-fA-F]*|[0-9]+", re.ASCII)
_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)


class NoArithmeticError(Exception):
    """The text is no arithmetic expression."""


class ArithmeticReader:
    """Reads the expression in `text[at:end]`.

    `part` reads what begins with `$`, a quote, a backquote or a hole at an offset, and gives its parts and its end.
    Besides the operators of C the tree has `++x`, `x++`, `--x`, `x--`, and `?:` with three operands.
    """

    def __init__(
        self,
        text: str,
        at: int,
        end: int,
        span: Callable[[int, int], Span],
        part: Callable[[int], tuple[tuple[Part, ...], int]],
    ) -> None:
        self._text = text
        self._at = at
        self._end = end
        self._span = span
        self._part = part
        self._depth = 0

    def read(self) -> Expression:
        """Raises `NoArithmeticError`."""
        expression = self._expression(0)
        if self._peek():
            raise NoArithmeticError
        if self._at < self._end:
            raise NoArithmeticError
        return expression

    def _peek(self) -> str:
        blank = _BLANK.match(self._text, self._at, self._end)
        self._at = blank.end() if blank else self._at
        found = _OPERATOR.match(self._text, self._at, self._end)
        return found.group() if found else ""

    def _expression(self, least: int) -> Expression:
        self._depth += 1
        if self._depth > DEEPEST:
            raise NoArithmeticError
        start = self._start()
        left = self._unary()
        length = 0
        while operator := self._peek():
            length += 1
            if length > DEEPEST:
                raise NoArithmeticError
            if operator in ASSIGNING and least <= ASSIGNMENT:
                self._at += len(operator)
                operands: tuple[Expression, ...] = (left, self._expression(ASSIGNMENT))
            elif operator == "?" and least <= TERNARY:
                self._at += 1
                chosen = self._expression(0)
                if self._peek() != ":":
                    raise NoArithmeticError
                self._at += 1
                operator, operands = "?:", (left, chosen, self._expression(TERNARY))
            elif operator in BINARY and BINARY[operator] >= least:
                self._at += len(operator)
                level = BINARY[operator]
                operands = (left, self._expression(level if operator == "**" else level + 1))
            else:
                break
            left = Expression(operator, operands, self._span(start, self._at))
        self._depth -= 1
        return left

    def _start(self) -> int:
        self._peek()
        return self._at

    def _unary(self) -> Expression:
        operator = self._peek()
        start = self._at
        if operator in ("++", "--"):
            self._at += 2
            if _NAME.match(self._text, self._at, self._end):
                return Expression(f"{operator}x", (self._leaf(),), self._span(start, self._at))
            self._at = start + 1
            operator = operator[0]
        elif operator in ("!", "~", "+", "-"):
            self._at += 1
        elif operator == "(":
            self._at += 1
            inside = self._expression(0)
            if self._peek() != ")":
                raise NoArithmeticError
            self._at += 1
            return inside
        elif operator:
            raise NoArithmeticError
        else:
            leaf = self._leaf()
            after = self._peek()
            if after in ("++", "--"):
                self._at += 2
                return Expression(f"x{after}", (leaf,), self._span(start, self._at))
            return leaf
        return Expression(operator, (self._expression(UNARY),), self._span(start, self._at))

    def _leaf(self) -> Expression:
        """A number, a name, or what expansions put together: `x$i` is the variable whose name that makes."""
        start = self._at
        parts: list[Part] = []
        bare = ""
        while self._at < self._end:
            char = self._text[self._at]
            if found := _NUMBER.match(self._text, self._at, self._end):
                parts.append(Literal(found.group(), self._span(self._at, found.end())))
                self._at = found.end()
            elif found := _NAME.match(self._text, self._at, self._end):
                bare = found.group()
                parts.append(Literal(bare, self._span(self._at, found.end())))
                self._at = found.end()
            elif char in "$`\"'" or "\ue000" <= char <= "\uf8ff":
                more, self._at = self._part(self._at)
                parts.extend(more)
            elif char == "#" and parts:
                parts.append(Literal("#", self._span(self._at, self._at + 1)))
                self._at += 1
            else:
                break
        if not parts:
            raise NoArithmeticError
        if bare and len(parts) == 1:
            index = self._index() if self._text.startswith("[", self._at) else None
            parts = [Parameter(bare, self._span(start, self._at), index=index)]
        at = self._span(start, self._at)
        return Expression("", (), at, Word(tuple(parts), at))

    def _index(self) -> Word:
        depth, start = 0, self._at + 1
        for at in range(self._at, self._end):
            depth += {"[": 1, "]": -1}.get(self._text[at], 0)
            if depth == 0:
                parts: list[Part] = []
                place = start
                while place < at:
                    if self._text[place] == "$":
                        more, place = self._part(place)
                        parts.extend(more)
                    else:
                        stop = self._text.find("$", place, at)
                        stop = at if stop < 0 else stop
                        parts.append(Literal(self._text[place:stop], self._span(place, stop)))
                        place = stop
                self._at = at + 1
                return Word(tuple(parts), self._span(start, at))
        raise NoArithmeticError
