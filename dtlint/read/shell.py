"""Bash text to shell programs, by a parser of our own.

The grammar is read by recursive descent, and not by tree-sitter's, because words matter most here: every character of
a word must keep its place, strings with holes are read again and again, and what bash accepts must never be reported.

Not read, and given as `Unread` parts or `Unparsed` stretches: process substitution, brace expansion, extended globs,
templates (`{{ x }}`, `<FILL>`, `{% if %}`), and whatever is nested deeper than `DEEPEST`.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Final

from dtlint.facts.shell import (
    AndOr,
    ArithmeticCommand,
    Assignment,
    Background,
    Case,
    Command,
    Comment,
    CountingFor,
    Declaration,
    Expression,
    For,
    Function,
    Group,
    If,
    Literal,
    Not,
    Part,
    Pipeline,
    Redirect,
    ShellProgram,
    Statement,
    Test,
    Unparsed,
    Unread,
    While,
    Word,
)
from dtlint.read.shell_words import DEEPEST, FILL, HOLES, JINJA, BrokenError, DepthError, Locate, WordReader
from dtlint.source import Source, Span

LONGEST_CHAIN: Final = 100
"""Commands joined by `&&` and `||`."""
_HEREDOC = re.compile(rf"(?:[^\\$`{HOLES}]+|\\[^$`\\\n{HOLES}])+")
_ASSIGN = re.compile(
    r"([A-Za-z_]\w*)"
    r"(?:\[((?:[^\]\[\n'\"$ ]|\"[^\"\n]*\"|'[^'\n]*'|\$\{[^}\n]*\}|\$\(\([^()\n]*\)\)|\$[\w#@?])+)\])?"
    r"(\+?=)",
    re.ASCII,
)
_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_BARE_NAME = re.compile(r"([A-Za-z_]\w*)(?=[ \t\r\n;|&)<>]|\Z)", re.ASCII)
_ARRAY_KEY = re.compile(r"\[((?:[^\]\[\n'\"$]|\"[^\"\n]*\"|'[^'\n]*'|\$\{[^}\n]*\}|\$\w+)+)\]\+?=")
_RESERVED = re.compile(
    r"(?:if|then|else|elif|fi|case|esac|for|select|while|until|do|done|function|time|coproc|\{|\}|!|\[\[)"
    r"(?=[ \t\r\n;&|()<>]|\\\n|\Z)"
)
_CLOSERS: Final = frozenset({"then", "else", "elif", "fi", "esac", "do", "done", "}"})
_DECLARING: Final = frozenset({"export", "declare", "local", "readonly", "typeset", "unset"})
_FUNCTION = re.compile(rf"([^ \t\r\n'\"\\$`|&;()<>{{}}={HOLES}]+)[ \t]*\([ \t]*\)")
_REDIRECT = re.compile(r"(\d*|\{\w+\})(<<<|<<-?|<>|<&|>&|>>|>\||<(?!\()|>(?!\()|&>>|&>)", re.ASCII)
_DUPLICATE = re.compile(r"(?:\d+|-)(?=[ \t\r\n;|&()<>]|\Z)", re.ASCII)
_DELIMITER = re.compile(r"(?:'[^'\n]*'|\"[^\"\n]*\"|\\.|[^ \t\r\n'\"\\|&;()<>])+")
_LINE_REST = re.compile(r"(?:[^\n'\"\\]|\\.|'[^']*'|\"(?:[^\"\\]|\\.)*\"|['\"\\])*?(?=\n|\Z)", re.DOTALL)
_PIECE = re.compile(r"&&|\|\||[()]|\]\](?=[ \t\r\n;|&()]|\Z)|<|>")
_REGEX = re.compile(rf"[^ \t\r\n'\"\\$`()&;<>{HOLES}]+")
_REGEX_GROUP = re.compile(rf"[^'\"\\$`(){HOLES}]+")
_COPROCESS = re.compile(
    r"[^ \t\r\n'\"\\|&;()<>{}=]+[ \t]+"
    r"(?=\(|(?:\{|if|case|for|select|while|until|\[\[)(?:[ \t\r\n;&|()<>]|\\\n|\Z))"
)
_LIKE_BASH = re.compile(r"#![^\n]*\b(?:zsh|ksh|mksh)\b")
_OTHER_LANGUAGE = re.compile(r"#![^\n]*\b(?:python\d?|perl|ruby|node|t?csh|fish|Rscript|awk)\b")


def read(source: Source) -> ShellProgram:
    """The program of one file; what cannot be read is left out, and a syntax error gives one problem."""
    path, text = source.path, source.text
    if (len(text) - len(text.rstrip("\\"))) % 2:
        # At the end of a file a backslash escapes nothing and is dropped; at the end of a string it stays.
        text = text[:-1]
    return parse(text, lambda start, end: Span(path, start, end), path)


def parse(text: str, locate: Locate, path: str) -> ShellProgram:
    """The program that stands in `text`, whose offsets `locate` maps to the places where it was written."""
    return _Reader(text, locate).program(path)


class _Reader(WordReader):
    # -- programs and lists

    def program(self, path: str) -> ShellProgram:
        shebang = ""
        if self.text.startswith("#!"):
            shebang = self.text[: self.text.find("\n")] if "\n" in self.text else self.text
        body: list[Statement] = []
        if _OTHER_LANGUAGE.match(shebang):
            self._header_comments()
            body.append(Unparsed(self.locate(0, self.end)))
            return ShellProgram(path, tuple(body), tuple(self.comments), shebang.rstrip())
        start = 0
        try:
            while self.at < self.end:
                body.extend(self.statements())
                start = self.at
                if self.at < self.end:
                    self.problem("unexpected word", self.at)
                    body.append(self.skip_line(self.at, self.at))
        except (DepthError, RecursionError):
            self.depth = 0
            self.problem("nested too deeply to be read", start)
            body.append(Unparsed(self.locate(start, self.end)))
        problems = () if self.template or _LIKE_BASH.match(shebang) else tuple(self.problems[:1])
        return ShellProgram(path, tuple(body), tuple(self.comments), shebang.rstrip(), problems)

    def _header_comments(self) -> None:
        for found in re.finditer(r"^#[^\n]*", self.text, re.MULTILINE):
            self.comments.append(Comment(found.group().rstrip(), self.locate(*found.span())))

    def skip_line(self, start: int, at: int) -> Unparsed:
        stop = self.text.find("\n", max(at, self.at), self.end)
        self.at = self.end if stop < 0 else stop
        return Unparsed(self.locate(start, self.at))

    def statements(self) -> tuple[Statement, ...]:
        """Statements up to a closing word, `)`, `;;` or the end."""
        found: list[Statement] = []
        while True:
            char = self.gap()
            if not char or char == ")":
                break
            if char == ";" and self.text[self.at + 1 : self.at + 2] in (";", "&"):
                break
            reserved = _RESERVED.match(self.text, self.at, self.end)
            if reserved and reserved.group() in _CLOSERS:
                break
            start, depth, end = self.at, self.depth, self.end
            try:
                found.append(self.statement())
            except BrokenError as broken:
                self.depth, self.end = depth, end
                self.problem(broken.message, broken.at)
                found.append(self.skip_line(start, broken.at))
        return tuple(found)

    def statement(self) -> Statement:
        start = self.at
        if self.text.startswith("{", self.at) and (jinja := JINJA.match(self.text, self.at, self.end)):
            self.template = True
            self.at = jinja.end()
            return Unparsed(self.locate(start, self.at))
        statement = self.and_or()
        char = self.blank()
        if char == "&":
            self.at += 1
            statement = Background(statement, self.locate(start, self.at))
        elif char == ";" and self.text[self.at + 1 : self.at + 2] not in (";", "&"):
            self.at += 1
        elif char not in ("", "\n", ")", ";", "#"):
            reserved = _RESERVED.match(self.text, self.at, self.end)
            if not (reserved and reserved.group() in _CLOSERS):
                raise BrokenError(f"unexpected {char!r}", self.at)
        return statement

    def and_or(self) -> Statement:
        start = self.at
        left = self.pipeline()
        count = 0
        while True:
            self.blank()
            operator = self.text[self.at : min(self.at + 2, self.end)]
            if operator not in ("&&", "||"):
                return left
            count += 1
            if count > LONGEST_CHAIN:
                raise DepthError
            self.at += 2
            self.gap()
            left = AndOr(operator, left, self.pipeline(), self.locate(start, self.at))

    def pipeline(self) -> Statement:
        start = self.at
        negated = False
        while (word := _RESERVED.match(self.text, self.at, self.end)) and word.group() in ("!", "time"):
            self.at = word.end()
            negated ^= word.group() == "!"
            char = self.blank()
            if word.group() == "time" and self.text.startswith("-p ", self.at):
                self.at += 3
                char = self.blank()
            if char in ("", "\n", ";"):
                return Command((), self.locate(start, self.at))
        stages = [self.command()]
        while self.blank() == "|" and not self.text.startswith("||", self.at):
            self.at += 2 if self.text.startswith("|&", self.at) else 1
            self.gap()
            stages.append(self.command())
        at = self.locate(start, self.at)
        body = stages[0] if len(stages) == 1 else Pipeline(tuple(stages), at)
        return Not(body, at) if negated else body

    # -- commands

    def command(self) -> Statement:
        self.depth += 1
        if self.depth > DEEPEST:
            raise DepthError
        start = self.at
        char = self.blank()
        if char in ("", "\n", ")", ";", "|", "&"):
            raise BrokenError(f"unexpected {'end' if char in ('', chr(10)) else repr(char)}", self.at)
        statement: Statement | None = None
        if char == "(":
            statement = self.parenthesised(start)
        elif reserved := _RESERVED.match(self.text, self.at, self.end):
            statement = self.compound(reserved.group(), start)
        elif function := _FUNCTION.match(self.text, self.at, self.end):
            self.at = function.end()
            self.depth -= 1
            return self.function(function.group(1), start)
        if statement is None:
            statement = self.simple(start)
        elif redirects := self.redirects():
            at = self.locate(start, self.at)
            if isinstance(statement, Group):
                statement = Group(statement.body, at, statement.subshell, redirects)
            else:
                statement = Group((statement,), at, redirects=redirects)
        self.depth -= 1
        return statement

    def redirects(self) -> tuple[Redirect, ...]:
        found: list[Redirect] = []
        while self.blank() and (redirect := self.redirect()):
            found.append(redirect)
        return tuple(found)

    def parenthesised(self, start: int) -> Statement:
        if self.text.startswith("((", self.at):
            stop = self.closing_parentheses(self.at + 2)
            if stop is not None:
                expression = self.arithmetic(self.at + 2, stop)
                self.at = stop + 2
                at = self.locate(start, self.at)
                return ArithmeticCommand(expression, at) if expression else Unparsed(at)
        self.at += 1
        body = self.statements()
        self.expect_char(")")
        return Group(body, self.locate(start, self.at), subshell=True)

    def expect(self, *words: str) -> str:
        """Takes one of `words`; the end of the file closes everything, with a problem."""
        self.gap()
        if self.at >= self.end:
            self.problem(f"no {words[-1]!r} before the end", self.end)
            return words[-1]
        found = _RESERVED.match(self.text, self.at, self.end)
        if not found or found.group() not in words:
            raise BrokenError(f"{words[-1]!r} expected", self.at)
        self.at = found.end()
        return found.group()

    def compound(self, word: str, start: int) -> Statement | None:
        match word:
            case "{":
                self.at += 1
                body = self.statements()
                self.expect("}")
                return Group(body, self.locate(start, self.at))
            case "if":
                return self.conditional(start)
            case "while" | "until":
                self.at += 5
                condition = self.statements()
                body = self.do_group()
                return While(condition, body, self.locate(start, self.at), word == "until")
            case "for":
                self.at += 3
                return self.loop(start)
            case "case":
                self.at += 4
                return self.case(start)
            case "[[":
                self.at += 2
                return self.double_test(start)
            case "function":
                self.at += 8
                self.blank()
                name = re.compile(r"[^ \t\r\n(){};]+").match(self.text, self.at, self.end)
                if not name:
                    raise BrokenError("function name expected", self.at)
                self.at = name.end()
                self.blank()
                brackets = re.compile(r"\([ \t]*\)").match(self.text, self.at, self.end)
                self.at = brackets.end() if brackets else self.at
                return self.function(name.group(), start)
            case "select":
                return self.select(start)
            case "coproc":
                self.at += 6
                self.blank()
                reserved = _RESERVED.match(self.text, self.at, self.end)
                if not reserved and (named := _COPROCESS.match(self.text, self.at, self.end)):
                    self.at = named.end()
                return Background(self.command(), self.locate(start, self.at))
            case "time":
                # Reserved only where a pipeline begins.
                return None
            case _:
                raise BrokenError(f"unexpected {word!r}", self.at)

    def function(self, name: str, start: int) -> Statement:
        self.gap()
        body = self.command()
        inside = body.body if isinstance(body, Group) and not body.subshell and not body.redirects else (body,)
        return Function(name, inside, self.locate(start, self.at))

    def conditional(self, start: int) -> Statement:
        branches: list[tuple[tuple[Statement, ...], tuple[Statement, ...]]] = []
        otherwise: tuple[Statement, ...] = ()
        self.at += 2
        while True:
            condition = self.statements()
            self.expect("then")
            branches.append((condition, self.statements()))
            word = self.expect("elif", "else", "fi")
            if word == "else":
                otherwise = self.statements()
                self.expect("fi")
            if word != "elif":
                return If(tuple(branches), otherwise, self.locate(start, self.at))

    def do_group(self) -> tuple[Statement, ...]:
        self.gap()
        if self.text.startswith("{", self.at):
            self.expect("{")
            body = self.statements()
            self.expect("}")
            return body
        self.expect("do")
        body = self.statements()
        self.expect("done")
        return body

    def loop(self, start: int) -> Statement:
        char = self.blank()
        if char == "(" and self.text.startswith("((", self.at):
            return self.counting(start)
        name = _NAME.match(self.text, self.at, self.end)
        if not name:
            raise BrokenError("name expected", self.at)
        self.at = name.end()
        words: list[Word] | None = None
        self.gap()
        if re.compile(r"in(?=[ \t\r\n;]|\\\n)").match(self.text, self.at, self.end):
            self.at += 2
            words = []
            while self.blank() not in ("", "\n", ";", "#"):
                words.append(self.required_word())
        if self.gap() == ";":
            self.at += 1
        body = self.do_group()
        return For(name.group(), None if words is None else tuple(words), body, self.locate(start, self.at))

    def select(self, start: int) -> Statement:
        """As `while` with an unknown condition that sets the name and `REPLY`: somebody chooses, or ends it."""
        self.at += 6
        at = self.locate(self.at - 6, self.at)
        if self.blank() == "(":
            raise BrokenError("name expected", self.at)
        begin = self.at
        loop = self.loop(start)
        assert isinstance(loop, For)
        name = self.locate(begin, begin + len(loop.name))
        chosen = Assignment(loop.name, name, Word((Unread(name, loop.name),), name))
        reply = Assignment("REPLY", at, Word((Unread(at, "REPLY"),), at))
        condition = (Command((), at, (chosen, reply)), Unparsed(at))
        return While(condition, loop.body, self.locate(start, self.at))

    def counting(self, start: int) -> Statement:
        stop = self.closing_parentheses(self.at + 2)
        if stop is None:
            raise BrokenError("'))' expected", self.at)
        cuts = [self.at + 1]
        depth = 0
        for at in range(self.at + 2, stop):
            depth += {"(": 1, ")": -1}.get(self.text[at], 0)
            if self.text[at] == ";" and depth == 0:
                cuts.append(at)
        cuts.append(stop)
        if len(cuts) != 4:
            raise BrokenError("three expressions expected", self.at)
        parts = [
            self.calculation(left + 1, right) if self.text[left + 1 : right].strip() else None
            for left, right in pairwise(cuts)
        ]
        self.at = stop + 2
        if self.gap() == ";":
            self.at += 1
        body = self.do_group()
        return CountingFor(parts[0], parts[1], parts[2], body, self.locate(start, self.at))

    def calculation(self, start: int, end: int) -> Expression:
        """An expression; one that is not understood is an unread leaf."""
        at = self.locate(start, end)
        unread = Word((Unread(at, self.text[start:end]),), at)
        return self.arithmetic(start, end) or Expression("", (), at, unread)

    def case(self, start: int) -> Statement:
        self.blank()
        subject = self.required_word()
        self.gap()
        if not re.compile(r"in(?=[ \t\r\n;]|\Z)").match(self.text, self.at, self.end):
            raise BrokenError("'in' expected", self.at)
        self.at += 2
        branches: list[tuple[tuple[Word, ...], tuple[Statement, ...]]] = []
        while True:
            self.gap()
            word = _RESERVED.match(self.text, self.at, self.end)
            if self.at >= self.end or (word and word.group() == "esac"):
                break
            if self.text[self.at] == "(":
                self.at += 1
                self.blank()
            patterns = [self.required_word()]
            while self.blank() == "|":
                self.at += 1
                self.blank()
                patterns.append(self.required_word())
            self.expect_char(")")
            body = self.statements()
            branches.append((tuple(patterns), body))
            if self.text.startswith(";", self.at):
                self.at += 3 if self.text.startswith(";;&", self.at) else 2
        self.expect("esac")
        return Case(subject, tuple(branches), self.locate(start, self.at))

    def double_test(self, start: int) -> Statement:
        words: list[Word] = []
        while True:
            char = self.gap()
            if not char:
                raise BrokenError("']]' expected", self.at)
            token = _PIECE.match(self.text, self.at, self.end)
            matching = bool(words) and words[-1].parts == (Literal("=~", words[-1].at),)
            if matching and (not token or char == "("):
                words.append(self.regular_expression())
            elif token:
                self.at = token.end()
                if token.group() == "]]":
                    return Test(tuple(words), self.locate(start, self.at), double=True)
                at = self.locate(*token.span())
                words.append(Word((Literal(token.group(), at),), at))
            else:
                words.append(self.required_word())

    def regular_expression(self) -> Word:
        """What stands behind `=~`: inside its parentheses blanks and operators are text."""
        start = self.at
        parts: list[Part] = []
        depth = 0
        while self.at < self.end:
            char = self.text[self.at]
            if plain := (_REGEX_GROUP if depth else _REGEX).match(self.text, self.at, self.end):
                parts.append(Literal(plain.group(), self.locate(*plain.span())))
                self.at = plain.end()
            elif char == "(" or (char == ")" and depth):
                depth += 1 if char == "(" else -1
                self.at += 1
                parts.append(Literal(char, self.locate(self.at - 1, self.at)))
            elif char in " \t\r\n&;<>)":
                break
            else:
                self.special(parts, quoted=False)
        if depth:
            raise BrokenError("no closing ')'", start)
        if self.at == start:
            raise BrokenError(f"unexpected {self.text[start]!r}", start)
        return Word(tuple(parts), self.locate(start, self.at))

    def simple(self, start: int) -> Statement:
        text = self.text
        assignments: list[Assignment] = []
        words: list[Word] = []
        redirects: list[Redirect] = []
        stop = start
        while True:
            char = self.blank()
            if not char or char in "\n;)":
                break
            if char == "#":
                break
            if char in "<>&0123456789{" and (redirect := self.redirect()):
                redirects.append(redirect)
                stop = self.at
                continue
            if char in "|&":
                break
            if char == "(":
                raise BrokenError("unexpected '('", self.at)
            if not words and (assign := _ASSIGN.match(text, self.at, self.end)):
                assignments.append(self.assignment(assign))
                stop = self.at
                continue
            words.append(self.required_word())
            stop = self.at
            if len(words) == 1:
                name = self.plain(words[0])
                if name in _DECLARING:
                    declaration = self.declaration(name, start)
                    if not assignments:
                        return declaration
                    prefix = Command((), declaration.at, tuple(assignments))
                    return Group((prefix, declaration), declaration.at)
                if name == "let":
                    return self.let(start)
        at = self.locate(start, stop)
        if words and not assignments:
            name = self.plain(words[0])
            if name == "[" and self.plain(words[-1]) == "]":
                return Test(tuple(words[1:-1]), at)
            if name == "test":
                return Test(tuple(words[1:]), at)
        return Command(tuple(words), at, tuple(assignments), tuple(redirects))

    @staticmethod
    def plain(word: Word) -> str:
        parts = word.parts
        if len(parts) == 1 and isinstance(parts[0], Literal) and not parts[0].quoted:
            return parts[0].text
        return ""

    def assignment(self, assign: re.Match[str]) -> Assignment:
        """What begins with `NAME=`, `NAME+=` or `NAME[…]=`."""
        start = self.at
        index = self.sub_word(*assign.span(2)) if assign.group(2) is not None else None
        self.at = assign.end()
        append = assign.group(3) == "+="
        if self.text.startswith("(", self.at):
            array, keys = self.array()
            at = self.locate(start, self.at)
            return Assignment(assign.group(1), at, None, array, keys, index, append)
        value = self.word() or Word((), self.locate(self.at, self.at))
        return Assignment(assign.group(1), self.locate(start, self.at), value, None, None, index, append)

    def array(self) -> tuple[tuple[Word, ...], tuple[Word | None, ...] | None]:
        self.at += 1
        words: list[Word] = []
        keys: list[Word | None] = []
        while True:
            char = self.gap()
            if char == ")":
                self.at += 1
                break
            if not char:
                self.problem("no closing ')'", self.end)
                break
            key = _ARRAY_KEY.match(self.text, self.at, self.end) if char == "[" else None
            if key:
                keys.append(self.sub_word(*key.span(1)))
                self.at = key.end()
                words.append(self.word() or Word((), self.locate(self.at, self.at)))
            else:
                keys.append(None)
                words.append(self.required_word())
        return tuple(words), tuple(keys) if any(keys) else None

    def declaration(self, keyword: str, start: int) -> Declaration:
        flags: list[str] = []
        assignments: list[Assignment] = []
        words: list[Word] = []
        stop = self.at
        while True:
            char = self.blank()
            if not char or char in "\n;)#|":
                break
            if char in "<>&0123456789{" and self.redirect():
                continue
            if char == "&":
                break
            if char == "(":
                raise BrokenError("unexpected '('", self.at)
            if keyword != "unset" and (assign := _ASSIGN.match(self.text, self.at, self.end)):
                assignments.append(self.assignment(assign))
            elif bare := _BARE_NAME.match(self.text, self.at, self.end):
                self.at = bare.end()
                assignments.append(Assignment(bare.group(1), self.locate(*bare.span(1))))
            else:
                word = self.required_word()
                flag = self.plain(word)
                if len(flag) > 1 and flag[0] in "-+":
                    flags.append(flag)
                else:
                    words.append(word)
            stop = self.at
        return Declaration(keyword, tuple(flags), tuple(assignments), tuple(words), self.locate(start, stop))

    def let(self, start: int) -> Statement:
        whole: Expression | None = None
        while self.blank() and self.text[self.at] not in "\n;)#|&":
            begin = self.at
            self.required_word()
            left, right = begin, self.at
            if self.text[left] in "'\"" and self.text[right - 1] == self.text[left]:
                left, right = left + 1, right - 1
            stop = self.at
            expression = self.arithmetic(left, right)
            self.at = stop
            if expression is None:
                return Unparsed(self.locate(start, self.at))
            at = self.locate(start, self.at)
            whole = expression if whole is None else Expression(",", (whole, expression), at)
        if whole is None:
            raise BrokenError("expression expected", self.at)
        return ArithmeticCommand(whole, self.locate(start, self.at))

    # -- redirections

    def redirect(self) -> Redirect | None:
        found = _REDIRECT.match(self.text, self.at, self.end)
        if not found or (found.group(2) == "<" and FILL.match(self.text, found.end() - 1, self.end)):
            return None
        start = self.at
        operator = found.group()
        self.at = found.end()
        if found.group(2) in ("<<", "<<-"):
            return self.heredoc(operator, start)
        if found.group(2) in (">&", "<&") and (duplicate := _DUPLICATE.match(self.text, self.at, self.end)):
            self.at = duplicate.end()
            return Redirect(self.text[start : self.at], None, self.locate(start, self.at))
        self.blank()
        target = self.required_word()
        return Redirect(operator, target, self.locate(start, self.at))

    def heredoc(self, operator: str, start: int) -> Redirect:
        self.blank()
        delimiter = _DELIMITER.match(self.text, self.at, self.end)
        if not delimiter:
            raise BrokenError("here-document without a delimiter", self.at)
        self.at = delimiter.end()
        quoted = any(char in delimiter.group() for char in "'\"\\")
        name = re.sub(r"['\"\\]", "", delimiter.group())
        line = self.heredoc_line()
        begin = self.after_heredocs.get(line, line + 1)
        tabs = "\t*" if operator.endswith("-") else ""
        # A blank may follow where a carriage return stood.
        closing = re.compile(rf"^{tabs}{re.escape(name)} ?$", re.MULTILINE).search(self.text, begin, self.end)
        stop = closing.start() if closing else self.end
        self.after_heredocs[line] = min(closing.end() + 1, self.end) if closing else self.end
        begin = min(begin, stop)
        parts: list[Part] = []
        if quoted:
            self.raw(parts, begin, stop)
        else:
            saved = self.at, self.end
            self.at, self.end = begin, stop
            while self.at < self.end:
                if plain := _HEREDOC.match(self.text, self.at, self.end):
                    self.raw(parts, self.at, plain.end())
                    self.at = plain.end()
                else:
                    self.special(parts, quoted=True, heredoc=True)
            self.at, self.end = saved
        if tabs:
            parts = self.without_tabs(parts)
        word = Word(tuple(parts), self.locate(begin, stop))
        return Redirect(operator, word, self.locate(start, self.at))

    def heredoc_line(self) -> int:
        """Where the line ends, strings that go on behind it included."""
        # Looked for once a line: many here-documents may begin on it.
        begin, line = self.heredoc_lines.get(self.depth, (0, -1))
        if not begin <= self.at <= line <= self.end:
            rest = _LINE_REST.match(self.text, self.at, self.end)
            line = rest.end() if rest else self.end
            self.heredoc_lines[self.depth] = (self.at, line)
        return line

    def without_tabs(self, parts: list[Part]) -> list[Part]:
        kept: list[Part] = []
        fresh = True
        for part in parts:
            if isinstance(part, Literal):
                offset = part.at.start
                for line in part.text.splitlines(keepends=True):
                    bare = line.lstrip("\t") if fresh else line
                    begin = offset + len(line) - len(bare)
                    if bare:
                        kept.append(Literal(bare, Span(part.at.path, begin, offset + len(line)), True))
                    offset += len(line)
                    fresh = line.endswith("\n")
            else:
                kept.append(part)
                fresh = False
        return kept
