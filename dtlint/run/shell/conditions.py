"""`[ … ]` and `[[ … ]]` to truths."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from dtlint.facts.shell import Literal, Parameter, Test
from dtlint.facts.shell import Word as WrittenWord
from dtlint.run.shell import arithmetic, parameters, patterns
from dtlint.run.shell.expand import fields, pattern, single
from dtlint.run.shell.words import known_text
from dtlint.run.word import Word
from dtlint.value import FALSE, TRUE, Term, Text, Truth, Value, known, truth, undecided

if TYPE_CHECKING:
    from dtlint.run.shell.machine import Machine

NUMBERS: Final = {"-eq": "==", "-ne": "!=", "-lt": "<", "-le": "<=", "-gt": ">", "-ge": ">="}
FILES: Final = frozenset(f"-{letter}" for letter in "abcdefghknprstuwxGLNOS")
UNARY: Final = FILES | {"-z", "-n", "-v", "-o", "-R"}
PAIRS: Final = frozenset({"-nt", "-ot", "-ef"})
GLOB: Final = frozenset("*?[\\")
_INTEGER = re.compile(r"-?(?:0|[1-9]\d*)\Z", re.ASCII)
_REGEX_QUANTIFIER = re.compile(r"(?<!\\)[*+{]")
_UNSAFE_REGEX = re.compile(r"\[:|\\[bBdDsSwW]|\(\?|\)[*+{?]")
"""What Python understands otherwise, and what could take too long."""


def holds(machine: Machine, test: Test) -> Truth:
    """Whether the test succeeds; files are never looked at."""
    name = emptiness(test)
    if name and (name[0].isalpha() or name[0] == "_"):
        found, presence = parameters.lookup(machine, name, test.at)
        if presence == parameters.OPEN:
            # Its default would decide, but the question is whether somebody sets it.
            return undecided(found.value)
    operands = _Double(machine, test.words) if test.double else _Single(machine, test.words)
    if not test.double:
        operands.arrange()
    result = operands.disjunction(0)
    if operands.at < len(operands.tokens):
        return undecided()
    return result


def emptiness(test: Test) -> str:
    """The name whose being empty the test asks for, if that is all that it asks: `[ -z "$X" ]`, `[ -n "$X" ]`."""
    words = [word for word in test.words if _literal(word) != "!"]
    name = ""
    if len(words) == 2 and _literal(words[0]) in ("-z", "-n"):
        name = _name(words[1])
    elif len(words) == 2 and _literal(words[0]) == "-v":
        name = _literal(words[1])
    elif len(words) == 1:
        name = _name(words[0])
    elif len(words) == 3 and _literal(words[1]) in ("=", "==", "!="):
        names = [_name(words[0]), _name(words[2])]
        left, right = _content(words[0]), _content(words[2])
        if right is not None and left is None and names[0]:
            marker = right.removeprefix("x")
            name = names[0] if marker == "" else ""
    return name


def _literal(word: WrittenWord) -> str:
    part = word.parts[0] if len(word.parts) == 1 else None
    return part.text if isinstance(part, Literal) and not part.quoted else ""


def _content(word: WrittenWord) -> str | None:
    if all(isinstance(part, Literal) for part in word.parts):
        return "".join(part.text for part in word.parts if isinstance(part, Literal))
    return None


def _name(word: WrittenWord) -> str:
    found = [part for part in word.parts if not (isinstance(part, Literal) and part.text in ("", "x"))]
    if len(found) == 1 and isinstance(found[0], Parameter):
        parameter = found[0]
        plain = not parameter.length and not parameter.indirect and parameter.index is None
        empty = parameter.operator in ("", ":-", "-", "+", ":+") and all(
            not argument.parts or parameter.operator in ("+", ":+") for argument in parameter.arguments
        )
        if plain and empty:
            return parameter.name
    return ""


class _Operands:
    """A test's tokens: operators as text, everything else as words; read by precedence."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.tokens: list[str | Word | WrittenWord] = []
        self.at = 0

    def arrange(self) -> None:
        """Makes operators of words that stand where an operator must stand."""

    def peek(self, ahead: int = 0) -> str:
        place = self.at + ahead
        token = self.tokens[place] if place < len(self.tokens) else ""
        return token if isinstance(token, str) else ""

    def word(self, place: int) -> Word:
        token = self.tokens[place]
        if isinstance(token, Word):
            return token
        assert isinstance(token, WrittenWord)
        return single(self.machine, token)

    def disjunction(self, depth: int) -> Truth:
        result = self.conjunction(depth)
        while self.peek() in ("||", "-o"):
            self.at += 1
            result = result | self.conjunction(depth)
        return result

    def conjunction(self, depth: int) -> Truth:
        result = self.negation(depth)
        while self.peek() in ("&&", "-a"):
            self.at += 1
            result = result & self.negation(depth)
        return result

    def negation(self, depth: int) -> Truth:
        if self.at >= len(self.tokens) or depth > 40:
            self.at = len(self.tokens) + 1
            return undecided()
        if self.peek() == "!":
            self.at += 1
            return ~self.negation(depth + 1)
        if self.peek() == "(":
            self.at += 1
            inside = self.disjunction(depth + 1)
            if self.peek() != ")":
                return undecided()
            self.at += 1
            return inside
        return self.primary()

    def primary(self) -> Truth:
        operator = self.peek()
        if operator and self.at + 1 < len(self.tokens):
            self.at += 2
            return self.unary(operator, self.at - 1)
        if operator:
            self.at += 1
            return undecided()
        between = self.peek(1)
        if between and between not in ("&&", "||", "-a", "-o", ")") and self.at + 2 < len(self.tokens):
            self.at += 3
            return self.binary(self.at - 3, between, self.at - 1)
        self.at += 1
        return ~_empty(self.word(self.at - 1))

    def unary(self, operator: str, place: int) -> Truth:
        if isinstance(self.tokens[place], str):
            return undecided()
        if operator == "-v":
            name = known_text(self.word(place))
            if not name:
                return undecided()
            if not name.isidentifier():
                return undecided()
            presence = parameters.lookup(self.machine, name, self.word(place).at)[1]
            return TRUE if presence == parameters.SET else FALSE if presence == parameters.UNSET else undecided()
        if operator == "-z":
            return _empty(self.word(place))
        if operator == "-n":
            return ~_empty(self.word(place))
        return undecided(self.word(place).value)

    def binary(self, left: int, operator: str, right: int) -> Truth:
        if isinstance(self.tokens[left], str) or isinstance(self.tokens[right], str):
            return undecided()
        if operator in NUMBERS:
            return arithmetic.compare(NUMBERS[operator], self.number(left), self.number(right))
        if operator in ("=", "=="):
            return self.equal(left, right)
        if operator == "!=":
            return ~self.equal(left, right)
        first, second = self.word(left), self.word(right)
        if operator in ("<", ">"):
            texts = known_text(first), known_text(second)
            if texts[0] is None or texts[1] is None:
                return undecided(first.value, second.value)
            return truth(texts[0] < texts[1] if operator == "<" else texts[0] > texts[1])
        return undecided(first.value, second.value)

    def number(self, place: int) -> Value:
        return arithmetic.integer(self.word(place).value)

    def equal(self, left: int, right: int) -> Truth:
        return equal(self.word(left), self.word(right))


class _Single(_Operands):
    def __init__(self, machine: Machine, words: tuple[WrittenWord, ...]) -> None:
        super().__init__(machine)
        for word in words:
            self.tokens.extend(fields(machine, word))

    def arrange(self) -> None:
        texts = [known_text(token) if isinstance(token, Word) else None for token in self.tokens]
        # With up to three words the number of words decides what is an operator, as POSIX says.
        place = 0
        while place < len(texts):
            text = texts[place]
            rest = len(texts) - place
            if text == "!" and rest > 1 and not (rest == 3 and texts[place + 1] in ("=", "==", "!=")):
                self.tokens[place] = "!"
                place += 1
                continue
            if text in ("(", ")") and len(texts) > 3:
                self.tokens[place] = text
                place += 1
                continue
            following = texts[place + 1] if rest > 1 else None
            if following in NUMBERS or following in ("=", "==", "!=", "<", ">") or following in PAIRS:
                if rest > 2:
                    self.tokens[place + 1] = str(following)
                    place += 3
                else:
                    place += 2
            elif text in UNARY and rest > 1 and following not in ("-a", "-o"):
                self.tokens[place] = str(text)
                place += 2
            else:
                place += 1
            while place < len(texts) and texts[place] in (")",) and len(texts) > 3:
                self.tokens[place] = ")"
                place += 1
            if place < len(texts) and texts[place] in ("-a", "-o"):
                self.tokens[place] = str(texts[place])
                place += 1


class _Double(_Operands):
    def __init__(self, machine: Machine, words: tuple[WrittenWord, ...]) -> None:
        super().__init__(machine)
        for word in words:
            text = _literal(word)
            binary = text in NUMBERS or text in ("=", "==", "!=", "=~", "<", ">") or text in PAIRS
            operator = text in ("&&", "||", "!", "(", ")") or text in UNARY or binary
            self.tokens.append(text if operator else word)

    def number(self, place: int) -> Value:
        word = self.word(place)
        text = known_text(word)
        if text is None:
            return arithmetic.integer(word.value)
        return arithmetic.named(self.machine, text, word.at).after(word.trail)

    def equal(self, left: int, right: int) -> Truth:
        wanted = self.tokens[right]
        assert isinstance(wanted, WrittenWord)
        if all(isinstance(part, Literal) and (part.quoted or not set(part.text) & GLOB) for part in wanted.parts):
            return equal(self.word(left), single(self.machine, wanted))
        expression = pattern(self.machine, wanted)
        if expression is None:
            return equal(self.word(left), single(self.machine, wanted))
        return matching(self.word(left), expression)

    def binary(self, left: int, operator: str, right: int) -> Truth:
        if operator != "=~":
            return super().binary(left, operator, right)
        self.machine.forget(("BASH_REMATCH",), self.word(left).at)
        token = self.tokens[right]
        subject = known_text(self.word(left))
        if subject is None or not isinstance(token, WrittenWord) or len(subject) > 200:
            return undecided(self.word(left).value)
        parts: list[str] = []
        for part in token.parts:
            text = known_text(single(self.machine, WrittenWord((part,), part.at)))
            if text is None:
                return undecided(self.word(left).value)
            parts.append(re.escape(text) if part.quoted else text)
        expression = "".join(parts)
        if _UNSAFE_REGEX.search(expression) or len(_REGEX_QUANTIFIER.findall(expression)) > 3:
            return undecided(self.word(left).value)
        try:
            return truth(re.search(expression, subject) is not None)
        except (re.error, RecursionError, OverflowError):
            return undecided()


def equal(left: Word, right: Word) -> Truth:
    """The two texts are the same."""
    first, second = known_text(left), known_text(right)
    if first is not None and second is not None:
        return truth(first == second)
    values = [left.value.as_text(), right.value.as_text()]
    for mine, other in ((0, 1), (1, 0)):
        content = values[mine].content
        text = (first, second)[other]
        if isinstance(content, Term) and content.whole() and text is not None:
            if not _INTEGER.match(text):
                return FALSE
            values[other] = known(int(text[:40]))
    return values[0] == values[1]


def matching(subject: Word, expression: str) -> Truth:
    """The text matches a pattern."""
    if expression == patterns.STAR:
        return TRUE
    options = subject.value.as_text().options
    if not options:
        return undecided(subject.value)
    try:
        verdicts = {patterns.matches(expression, str(option)) for option in options}
    except ValueError:
        return undecided(subject.value)
    return truth(verdicts.pop()) if len(verdicts) == 1 else undecided(subject.value)


def _empty(word: Word) -> Truth:
    text = known_text(word)
    if text is not None:
        return truth(text == "")
    value = word.value
    if isinstance(value.content, Text) or (isinstance(value.content, Term) and value.content.whole()):
        return FALSE
    if value.options:
        empty = {str(option) == "" for option in value.options}
        return truth(empty.pop()) if len(empty) == 1 else undecided(value)
    return undecided(value)
