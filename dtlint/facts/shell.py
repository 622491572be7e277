"""Shell programs: what bash's grammar says, in the few shapes that running it on paper needs."""

from __future__ import annotations

from dtlint.facts.problem import Problem
from dtlint.record import record
from dtlint.source import Span


@record
class Literal:
    """Known text: quotes removed, escapes resolved."""

    text: str
    at: Span
    quoted: bool = False
    """Quoted or escaped: no word splitting, no tilde, no globbing."""


@record
class Parameter:
    """`$NAME` and `${NAME…}`; NAME may also be a digit or one of `@ * # ? $ ! - 0`."""

    name: str
    at: Span
    quoted: bool = False
    operator: str = ""
    """As written: `:-`, `-`, `:=`, `=`, `:+`, `+`, `:?`, `?`, `#`, `##`, `%`, `%%`, `/`, `//`, `:`, `^^` …"""
    arguments: tuple[Word, ...] = ()
    """The words behind the operator: one, two for `/` and `:`."""
    index: Word | None = None
    """`${A[index]}`; the word `@` or `*` for all."""
    length: bool = False
    """`${#NAME}`."""
    indirect: bool = False
    """`${!NAME}`."""
    hole: int | None = None
    """For a string that was handed over with holes: which one; then `name` is empty."""


@record
class Substitution:
    """`$(…)` and backquotes."""

    body: tuple[Statement, ...]
    at: Span
    quoted: bool = False
    text: str = ""
    """As written between the brackets."""


@record
class Arithmetic:
    """`$(( … ))`; `expression` is a tree of words and operators."""

    expression: Expression
    at: Span
    quoted: bool = False


@record
class Unread:
    """A part that is not understood: it may be anything (process substitution, brace expansion, extended globs …)."""

    at: Span
    text: str = ""
    quoted: bool = False


Part = Literal | Parameter | Substitution | Arithmetic | Unread


@record
class Word:
    parts: tuple[Part, ...]
    at: Span


@record
class Expression:
    """Arithmetic: an operator over operands, or a leaf.

    `operator` is `+ - * / % ** < > <= >= == != && || ! ~ & | ^ << >> ?: , =` …; a leaf has `word` and no operator.
    A bare NAME in arithmetic is a leaf whose word is a Parameter.
    """

    operator: str
    operands: tuple[Expression, ...]
    at: Span
    word: Word | None = None


@record
class Assignment:
    """`NAME=value`, `NAME+=value`, `NAME=(a b)`, `NAME[i]=value`, or a bare NAME in `export NAME`."""

    name: str
    at: Span
    value: Word | None = None
    array: tuple[Word, ...] | None = None
    keys: tuple[Word | None, ...] | None = None
    """For `([key]=value …)`: the keys, beside `array`."""
    index: Word | None = None
    append: bool = False


@record
class Redirect:
    """`operator` is `>`, `>>`, `<`, `<<`, `<<<`, `2>&1` …; a heredoc's text is its `target`."""

    operator: str
    target: Word | None
    at: Span


@record
class Command:
    """A simple command: assignments before it, its words, its redirections.

    Assignments without words set variables of the shell.
    """

    words: tuple[Word, ...]
    at: Span
    assignments: tuple[Assignment, ...] = ()
    redirects: tuple[Redirect, ...] = ()


@record
class Declaration:
    """`export`, `declare`, `local`, `readonly`, `typeset`; also `unset`, whose assignments have no value."""

    keyword: str
    flags: tuple[str, ...]
    assignments: tuple[Assignment, ...]
    words: tuple[Word, ...]
    """Operands that are no assignment as written (`export "$name=$value"`)."""
    at: Span


@record
class Pipeline:
    stages: tuple[Statement, ...]
    at: Span


@record
class AndOr:
    """`left && right` or `left || right`."""

    operator: str
    left: Statement
    right: Statement
    at: Span


@record
class Not:
    body: Statement
    at: Span


@record
class Test:
    """`[[ … ]]`, `[ … ]`, `test …`: the words between, in order, operators as literal words."""

    words: tuple[Word, ...]
    at: Span
    double: bool = False
    """`[[`: no word splitting, `==` matches patterns, `&&` and `||` inside."""


@record
class ArithmeticCommand:
    """`(( … ))` and `let …`."""

    expression: Expression
    at: Span


@record
class If:
    """Branches in order, each with its condition; `otherwise` is the `else`."""

    branches: tuple[tuple[tuple[Statement, ...], tuple[Statement, ...]], ...]
    otherwise: tuple[Statement, ...]
    at: Span


@record
class Case:
    subject: Word
    branches: tuple[tuple[tuple[Word, ...], tuple[Statement, ...]], ...]
    """Patterns and body, in order."""
    at: Span


@record
class For:
    """`for NAME in words`; `words` None is `"$@"`."""

    name: str
    words: tuple[Word, ...] | None
    body: tuple[Statement, ...]
    at: Span


@record
class CountingFor:
    """`for (( init; condition; step ))`."""

    init: Expression | None
    condition: Expression | None
    step: Expression | None
    body: tuple[Statement, ...]
    at: Span


@record
class While:
    """`while` and, with `until`, its opposite."""

    condition: tuple[Statement, ...]
    body: tuple[Statement, ...]
    at: Span
    until: bool = False


@record
class Group:
    """`{ …; }`, or `( … )` when `subshell`."""

    body: tuple[Statement, ...]
    at: Span
    subshell: bool = False
    redirects: tuple[Redirect, ...] = ()


@record
class Function:
    name: str
    body: tuple[Statement, ...]
    at: Span


@record
class Background:
    """`statement &`."""

    body: Statement
    at: Span


@record
class Unparsed:
    """A stretch that the grammar could not read."""

    at: Span


Statement = (
    Command
    | Declaration
    | Pipeline
    | AndOr
    | Not
    | Test
    | ArithmeticCommand
    | If
    | Case
    | For
    | CountingFor
    | While
    | Group
    | Function
    | Background
    | Unparsed
)


@record
class Comment:
    """A whole comment with its `#`: scheduler headers and suppressions are read from these."""

    text: str
    at: Span


@record
class ShellProgram:
    path: str
    body: tuple[Statement, ...]
    comments: tuple[Comment, ...]
    shebang: str = ""
    problems: tuple[Problem, ...] = ()
