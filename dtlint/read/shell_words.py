"""Words of the shell: quoting and expansion, with the place of every character kept."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from dtlint.facts.problem import Problem
from dtlint.facts.shell import (
    Arithmetic,
    Comment,
    Expression,
    Literal,
    Parameter,
    Part,
    Statement,
    Substitution,
    Unread,
    Word,
)
from dtlint.read.shell_arithmetic import ArithmeticReader, NoArithmeticError
from dtlint.source import Span

DEEPEST: Final = 30
"""Constructs inside each other, of whatever kind."""
HOLES: Final = "\ue000-\uf8ff"
"""Private-use characters stand for unknown values in a string that is handed to another shell."""
Locate = Callable[[int, int], Span]
_UNQUOTED = re.compile(rf"[^ \t\r\n'\"\\$`|&;()<>{{{HOLES}]+")
_PLAIN = re.compile(rf"([^ \t\r\n'\"\\$`|&;()<>{{{HOLES}]+)(?=[ \t\n|&;)]|\Z)")
_DOUBLE = re.compile(rf"(?:[^\"\\$`{HOLES}]+|\\[^$`\"\\\n{HOLES}])+")
_KEPT = re.compile(rf"\\[^$`\"\\\n}}{HOLES}]")
"""In `"${x:-…}"`."""
_HOLE = re.compile(f"[{HOLES}]")
_BRACES = re.compile(r"\{[^ \t\r\n{}'\"$`\\;|&()<>]*(?:,|\.\.)[^ \t\r\n{}'\"$`\\;|&()<>]*\}")
_MOUSTACHE = re.compile(r"\{\{[^\n{}]*\}\}")
JINJA = re.compile(r"\{[%#][^\n]*?[%#]\}")
FILL = re.compile(r"<[A-Za-z_](?:[\w .,:/-]|\([^()<>\n]*\))*(?<=[\w.)-])>(?=[ \t\r\n;|&)'\":,./@-]|\Z)")
_PARAMETER = re.compile(r"\$(?:([A-Za-z_]\w*)|([0-9@*#?$!-]))", re.ASCII)
_BRACED = re.compile(r"\$\{(?:(#(?=\})|!(?=\}))|([!#]?)([A-Za-z_]\w*|[0-9]+|[@*#?$!-]))", re.ASCII)
_OPERATOR = re.compile(r":[-=?+]|[-=?+]|##?|%%?|/[/#%]?|\^\^?|,,?|@[A-Za-z]|:")
_PATTERN_OPERATORS: Final = ("#", "%", "/", "^", ",")
_STOPPED = {
    stops: re.compile(rf"[^{re.escape(stops)}'\"\\$`{HOLES}]+") for stops in ("}", "/}", ":}", "]")
}
_ESCAPES: Final = {
    "n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "e": "\x1b", "E": "\x1b", "f": "\f", "v": "\v",
    "\\": "\\", "'": "'", '"': '"', "?": "?",
}  # fmt: skip
_ESCAPE = re.compile(r"\\(?:([0-7]{1,3})|x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{1,4})|(.))|([^\\]+)|\\", re.DOTALL)


class BrokenError(Exception):
    """A syntax error: what is wrong, and at which offset."""

    def __init__(self, message: str, at: int) -> None:
        super().__init__(message)
        self.message = message
        self.at = at


class DepthError(Exception):
    """Constructs are nested deeper than `DEEPEST`."""


class WordReader:
    """Reads the words of a text; what stands in `$(…)` is read by the class that knows statements."""

    def __init__(self, text: str, locate: Locate) -> None:
        if "\r\n" in text:
            # Same length, so that offsets hold.
            text = text.replace("\\\r\n", " \\\n").replace("\r\n", " \n")
        if text.startswith("\ufeff"):
            text = " " + text[1:]
        self.text = text
        self.locate = locate
        self.at = 0
        self.end = len(text)
        self.depth = 0
        self.template = False
        self.comments: list[Comment] = []
        self.problems: list[Problem] = []
        self.after_heredocs: dict[int, int] = {}
        """Where reading goes on after the line end at an offset, behind the here-documents of that line."""
        self.heredoc_lines: dict[int, tuple[int, int]] = {}
        """By depth, from where to where the line goes that held the latest here-document there."""

    def problem(self, message: str, at: int) -> None:
        if not self.problems:
            at = min(at, self.end)
            self.problems.append(Problem(f"shell syntax: {message}", self.locate(at, min(at + 1, self.end))))

    def blank(self) -> str:
        """Skips blanks and line continuations; the next character, or an empty string at the end."""
        text, at = self.text, self.at
        while at < self.end:
            char = text[at]
            if char in " \t\r":
                at += 1
            elif char == "\\" and text.startswith("\n", at + 1):
                at += 2
            else:
                self.at = at
                return char
        self.at = self.end
        return ""

    def newline(self) -> None:
        self.at = self.after_heredocs.get(self.at, self.at + 1)

    def comment(self) -> None:
        stop = self.text.find("\n", self.at, self.end)
        stop = self.end if stop < 0 else stop
        self.comments.append(Comment(self.text[self.at : stop].rstrip(), self.locate(self.at, stop)))
        self.at = stop

    def gap(self) -> str:
        """Skips blanks, line ends and comments."""
        while True:
            char = self.blank()
            if char == "\n":
                self.newline()
            elif char == "#":
                self.comment()
            else:
                return char

    def expect_char(self, char: str) -> None:
        if self.at >= self.end:
            self.problem(f"no closing {char!r}", self.end)
            return
        if self.text[self.at] != char:
            raise BrokenError(f"{char!r} expected", self.at)
        self.at += 1

    def statements(self) -> tuple[Statement, ...]:
        """Statements up to a closing word, `)`, `;;` or the end."""
        raise NotImplementedError

    # -- words

    def required_word(self) -> Word:
        word = self.word()
        if word is None:
            char = self.text[self.at : self.at + 1]
            raise BrokenError(f"unexpected {char!r}" if char.strip() else "unexpected end", self.at)
        return word

    def sub_word(self, start: int, end: int) -> Word:
        """The word between two offsets, blanks included."""
        saved = self.at, self.end
        self.at, self.end = start, end
        parts = self.parts_until("]", quoted=False)
        self.at, self.end = saved
        return Word(parts, self.locate(start, end))

    def word(self) -> Word | None:
        """One word, or None if none begins here."""
        text, start, end = self.text, self.at, self.end
        if plain := _PLAIN.match(text, start, end):
            self.at = plain.end()
            at = self.locate(start, self.at)
            return Word((Literal(plain.group(1), at),), at)
        parts: list[Part] = []
        while self.at < end:
            if plain := _UNQUOTED.match(text, self.at, end):
                parts.append(Literal(plain.group(), self.locate(self.at, plain.end())))
                self.at = plain.end()
                continue
            char = text[self.at]
            if char in " \t\r\n|&;":
                break
            if char in "<>()":
                if not self.bracketed(parts, char):
                    break
            elif char == "{":
                self.braced(parts)
            else:
                self.special(parts, quoted=False)
        if self.at == start:
            return None
        return Word(tuple(parts), self.locate(start, self.at))

    def bracketed(self, parts: list[Part], char: str) -> bool:
        """Process substitution, an extended glob or `<FILL>`, if one stands here.

        Behind a letter or digit, `<` is taken for a redirection: `sort<in> out`.
        """
        start = self.at
        behind = bool(parts) and self.text[start - 1].isalnum()
        if char == "<" and not behind and (fill := FILL.match(self.text, start, self.end)):
            self.template = True
            self.at = fill.end()
        elif char in "<>" and self.text.startswith("(", start + 1):
            self.at = start + 2
            self.nested()
        elif char == "(" and parts and isinstance(parts[-1], Literal) and parts[-1].text[-1:] in tuple("?*+@!"):
            depth = 0
            for at in range(start, self.end):
                depth += {"(": 1, ")": -1}.get(self.text[at], 0)
                if depth == 0:
                    self.at = at + 1
                    break
            else:
                return False
            head = parts.pop()
            assert isinstance(head, Literal)
            if len(head.text) > 1:
                parts.append(Literal(head.text[:-1], self.locate(start - len(head.text), start - 1)))
            start -= 1
        else:
            return False
        parts.append(Unread(self.locate(start, self.at), self.text[start : self.at]))
        return True

    def braced(self, parts: list[Part]) -> None:
        start = self.at
        if found := _MOUSTACHE.match(self.text, start, self.end) or JINJA.match(self.text, start, self.end):
            self.template = True
        else:
            found = _BRACES.match(self.text, start, self.end)
        if found:
            self.at = found.end()
            parts.append(Unread(self.locate(start, self.at), found.group()))
        else:
            self.at += 1
            parts.append(Literal("{", self.locate(start, self.at)))

    def nested(self) -> tuple[Statement, ...]:
        """The statements of a `$(…)` whose bracket was just passed, and its closing bracket."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise DepthError
        body = self.statements()
        self.expect_char(")")
        self.depth -= 1
        return body

    def raw(self, parts: list[Part], start: int, end: int) -> None:
        """Quoted text without any meaning but holes."""
        for found in _HOLE.finditer(self.text, start, end):
            at = found.start()
            if at > start:
                parts.append(Literal(self.text[start:at], self.locate(start, at), True))
            parts.append(Parameter("", self.locate(at, at + 1), True, hole=ord(self.text[at]) - 0xE000))
            start = at + 1
        if end > start:
            parts.append(Literal(self.text[start:end], self.locate(start, end), True))

    def special(self, parts: list[Part], quoted: bool, heredoc: bool = False) -> None:
        """What begins with a quote, a backslash, `$`, a backquote or a hole; otherwise one character."""
        text, start = self.text, self.at
        char = text[start]
        if char == "$":
            self.dollar(parts, quoted)
        elif char == "\\":
            following = text[start + 1 : min(start + 2, self.end)]
            self.at = start + 2 if following else start + 1
            if following and _HOLE.match(following):
                parts.append(Unread(self.locate(start, self.at), text[start : self.at], quoted))
            elif following and following != "\n":
                parts.append(Literal(following, self.locate(start + 1, start + 2), True))
            elif not following:
                parts.append(Literal("\\", self.locate(start, self.at), quoted))
        elif char == '"' and not heredoc:
            self.double(parts)
        elif char == "'" and not quoted:
            stop = text.find("'", start + 1, self.end)
            if stop < 0:
                raise BrokenError("no closing quote", start)
            if stop == start + 1:
                parts.append(Literal("", self.locate(stop, stop), True))
            self.raw(parts, start + 1, stop)
            self.at = stop + 1
        elif char == "`":
            self.backquoted(parts, quoted)
        elif "\ue000" <= char <= "\uf8ff":
            self.at += 1
            parts.append(Parameter("", self.locate(start, self.at), quoted, hole=ord(char) - 0xE000))
        else:
            self.at += 1
            parts.append(Literal(char, self.locate(start, self.at), quoted))

    def double(self, parts: list[Part]) -> None:
        start = self.at
        self.at += 1
        count = len(parts)
        while True:
            if self.at >= self.end:
                raise BrokenError("no closing quote", start)
            if plain := _DOUBLE.match(self.text, self.at, self.end):
                parts.append(Literal(plain.group(), self.locate(*plain.span()), True))
                self.at = plain.end()
            elif self.text[self.at] == '"':
                self.at += 1
                break
            else:
                self.special(parts, quoted=True)
        if len(parts) == count:
            parts.append(Literal("", self.locate(start + 1, start + 1), True))

    def backquoted(self, parts: list[Part], quoted: bool) -> None:
        start = self.at
        stop = start + 1
        while stop < self.end and self.text[stop] != "`":
            stop += 2 if self.text[stop] == "\\" else 1
        if stop >= self.end:
            raise BrokenError("no closing backquote", start)
        inside = self.text[start + 1 : stop]
        self.depth += 1
        if self.depth > DEEPEST:
            raise DepthError
        if "\\" in inside:
            place = self.locate(start + 1, stop)
            reader = type(self)(re.sub(r"\\([\\$`])", r"\1", inside), lambda _start, _end: place)
            reader.depth = self.depth
            body = reader.statements()
        else:
            saved = self.end
            self.at, self.end = start + 1, stop
            body = self.statements()
            self.end = saved
        self.depth -= 1
        self.at = stop + 1
        parts.append(Substitution(body, self.locate(start, self.at), quoted, inside))

    # -- what begins with a dollar

    def dollar(self, parts: list[Part], quoted: bool) -> None:
        text, start = self.text, self.at
        if found := _PARAMETER.match(text, start, self.end):
            self.at = found.end()
            parts.append(Parameter(found.group(1) or found.group(2), self.locate(start, self.at), quoted))
            return
        following = text[start + 1 : min(start + 2, self.end)]
        if following == "{":
            self.expansion(parts, quoted)
        elif following == "(":
            self.substitution(parts, quoted)
        elif following == "[":
            stop = text.find("]", start, self.end)
            expression = self.arithmetic(start + 2, stop) if stop > 0 else None
            self.at = stop + 1 if stop > 0 else self.end
            at = self.locate(start, self.at)
            unread = Unread(at, text[start : self.at], quoted)
            parts.append(Arithmetic(expression, at, quoted) if expression else unread)
        elif following == "'" and not quoted:
            self.ansi(parts)
        elif following == '"' and not quoted:
            self.at += 1
            self.double(parts)
        else:
            self.at += 1
            parts.append(Literal("$", self.locate(start, self.at), quoted))

    def ansi(self, parts: list[Part]) -> None:
        start = self.at
        stop = start + 2
        while stop < self.end and self.text[stop] != "'":
            stop += 2 if self.text[stop] == "\\" else 1
        if stop >= self.end:
            raise BrokenError("no closing quote", start)
        at = start + 2
        for found in _ESCAPE.finditer(self.text, start + 2, stop):
            octal, digits, wide, letter, plain = found.groups()
            if plain:
                self.raw(parts, *found.span())
                continue
            if octal:
                shown = chr(int(octal, 8))
            elif digits or wide:
                shown = chr(int(digits or wide, 16))
            else:
                shown = _ESCAPES.get(letter or "", f"\\{letter or ''}")
            parts.append(Literal(shown, self.locate(*found.span()), True))
        if at == stop:
            parts.append(Literal("", self.locate(at, at), True))
        self.at = stop + 1

    def substitution(self, parts: list[Part], quoted: bool) -> None:
        text, start = self.text, self.at
        if text.startswith("((", start + 1):
            stop = self.closing_parentheses(start + 3)
            if stop is not None:
                # What closes with `))` is arithmetic for bash, whatever it holds.
                expression = self.arithmetic(start + 3, stop)
                self.at = stop + 2
                at = self.locate(start, self.at)
                unread = Unread(at, text[start : self.at], quoted)
                parts.append(Arithmetic(expression, at, quoted) if expression else unread)
                return
        self.at = start + 2
        body = self.nested()
        inside = text[start + 2 : max(self.at - 1, start + 2)]
        parts.append(Substitution(body, self.locate(start, self.at), quoted, inside))

    def closing_parentheses(self, start: int) -> int | None:
        """Offset of the `))` that ends what begins at `start`; None where the brackets do not close so."""
        depth = 0
        at = start
        while at < self.end:
            char = self.text[at]
            if char == "(":
                depth += 1
            elif char == ")":
                if depth == 0:
                    return at if self.text.startswith("))", at) else None
                depth -= 1
            elif char == "\\":
                at += 1
            elif char in "'\"":
                stop = self.text.find(char, at + 1, self.end)
                if stop < 0:
                    return None
                at = stop
            at += 1
        return None

    def arithmetic(self, start: int, end: int) -> Expression | None:
        """The expression between two offsets, or None if there is none; the place of reading is kept."""
        saved = self.at, self.end, self.depth

        def part(at: int) -> tuple[tuple[Part, ...], int]:
            found: list[Part] = []
            self.at = at
            self.special(found, quoted=self.text[at] == "$")
            return tuple(found), self.at

        try:
            self.depth += 1
            self.end = end
            return ArithmeticReader(self.text, start, end, self.locate, part).read()
        except (NoArithmeticError, BrokenError):
            return None
        finally:
            self.at, self.end, self.depth = saved

    def expansion(self, parts: list[Part], quoted: bool) -> None:
        """`${…}`."""
        text, start = self.text, self.at
        self.depth += 1
        if self.depth > DEEPEST:
            raise DepthError
        found = _BRACED.match(text, start, self.end)
        if not found:
            self.unread_expansion(parts, quoted)
            return
        self.at = found.end()
        sign, name = found.group(2) or "", found.group(1) or found.group(3)
        index: Word | None = None
        if text.startswith("[", self.at) and self.at < self.end:
            begin = self.at + 1
            self.at = begin
            inside = self.parts_until("]", quoted=False)
            index = Word(inside, self.locate(begin, self.at))
            if not text.startswith("]", self.at):
                raise BrokenError("']' expected", self.at)
            self.at += 1
        operator, arguments = "", list[Word]()
        if not text.startswith("}", self.at):
            if sign == "!" and re.compile(r"[@*]\}").match(text, self.at, self.end):
                self.at -= len(name)
                self.unread_expansion(parts, quoted)
                return
            matched = _OPERATOR.match(text, self.at, self.end)
            if not matched:
                self.unread_expansion(parts, quoted)
                return
            operator = matched.group()
            self.at = matched.end()
            arguments = self.operands(operator, quoted)
        if not text.startswith("}", self.at) or self.at >= self.end:
            raise BrokenError("no closing '}'", start)
        self.at += 1
        self.depth -= 1
        parts.append(
            Parameter(
                name, self.locate(start, self.at), quoted, operator, tuple(arguments), index, sign == "#", sign == "!"
            )
        )

    def operands(self, operator: str, quoted: bool) -> list[Word]:
        pattern = operator.startswith(_PATTERN_OPERATORS)
        stops = [":}", "}"] if operator == ":" else ["/}", "}"] if operator.startswith("/") else ["}"]
        found: list[Word] = []
        for count, stop in enumerate(stops):
            begin = self.at
            literal = quoted and not (pattern and count == 0)
            parts = self.parts_until(stop, literal, escapes=not literal or pattern)
            found.append(Word(parts, self.locate(begin, self.at)))
            if not self.text.startswith(stop[0], self.at) or stop[0] == "}":
                break
            self.at += 1
        return found

    def unread_expansion(self, parts: list[Part], quoted: bool) -> None:
        start = self.text.rfind("${", 0, self.at + 2)
        stop = self.text.find("}", self.at, self.end)
        if stop < 0:
            raise BrokenError("no closing '}'", start)
        self.at = stop + 1
        self.depth -= 1
        parts.append(Unread(self.locate(start, self.at), self.text[start : self.at], quoted))

    def parts_until(self, stops: str, quoted: bool, escapes: bool = True) -> tuple[Part, ...]:
        """Parts up to one of `stops`, which is not taken, or the end.

        Without `escapes` a backslash stays before what it need not escape.
        """
        run = _STOPPED[stops]
        parts: list[Part] = []
        while self.at < self.end:
            if plain := run.match(self.text, self.at, self.end):
                parts.append(Literal(plain.group(), self.locate(*plain.span()), quoted))
                self.at = plain.end()
            elif not escapes and (kept := _KEPT.match(self.text, self.at, self.end)):
                parts.append(Literal(kept.group(), self.locate(*kept.span()), quoted))
                self.at = kept.end()
            elif self.text[self.at] in stops:
                break
            else:
                self.special(parts, quoted)
        return tuple(parts)
