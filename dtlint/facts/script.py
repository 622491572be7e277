"""Python scripts: a small model of their syntax, independent of the parser that made it.

The nodes are few on purpose: what means the same is one node (an f-string and `%` formatting are not, but
`x: int = 3` and `x = 3` are both an Assign).  Every node has a span.
"""

from __future__ import annotations

from dtlint.facts.problem import Problem
from dtlint.record import record
from dtlint.source import Span


@record
class Constant:
    """A literal; bytes, complex numbers and `...` are an Opaque instead."""

    value: str | int | float | bool | None
    at: Span


@record
class Name:
    id: str
    at: Span


@record
class Attribute:
    value: Expr
    name: str
    at: Span


@record
class Subscript:
    value: Expr
    index: Expr
    at: Span


@record
class Slice:
    low: Expr | None
    high: Expr | None
    step: Expr | None
    at: Span


@record
class Keyword:
    """`name=value`; `name` is None for `**value`."""

    name: str | None
    value: Expr
    at: Span


@record
class Call:
    func: Expr
    args: tuple[Expr, ...]
    keywords: tuple[Keyword, ...]
    at: Span


@record
class Starred:
    value: Expr
    at: Span


@record
class Operation:
    """Unary (`not`, `-`, `+`, `~`) or binary (`+ - * / // % ** @ << >> & | ^`)."""

    operator: str
    operands: tuple[Expr, ...]
    at: Span


@record
class BoolOp:
    """`and` or `or` over two or more operands."""

    operator: str
    operands: tuple[Expr, ...]
    at: Span


@record
class Compare:
    """`a < b < c`: operators one fewer than operands; `in`, `not in`, `is`, `is not` as such."""

    operators: tuple[str, ...]
    operands: tuple[Expr, ...]
    at: Span


@record
class Conditional:
    test: Expr
    then: Expr
    otherwise: Expr
    at: Span


@record
class Format:
    """An f-string: known text and expressions in order."""

    parts: tuple[str | Expr, ...]
    at: Span


@record
class Sequence:
    """`kind` is list, tuple or set."""

    kind: str
    items: tuple[Expr, ...]
    at: Span


@record
class Dict:
    """A key of None is `**value`."""

    keys: tuple[Expr | None, ...]
    values: tuple[Expr, ...]
    at: Span


@record
class Comprehension:
    """`kind` is list, set, dict or generator; for a dict, `element` is the value and `key` its key."""

    kind: str
    element: Expr
    key: Expr | None
    loops: tuple[tuple[Expr, Expr, tuple[Expr, ...]], ...]
    """Target, iterable and conditions of each `for`."""
    at: Span


@record
class Lambda:
    parameters: tuple[Parameter, ...]
    body: Expr
    at: Span


@record
class Await:
    value: Expr
    at: Span


@record
class Yield:
    value: Expr | None
    at: Span
    delegate: bool = False


@record
class Walrus:
    name: str
    value: Expr
    at: Span


@record
class Opaque:
    """An expression that nothing needs to know."""

    at: Span


Expr = (
    Constant
    | Name
    | Attribute
    | Subscript
    | Slice
    | Call
    | Starred
    | Operation
    | BoolOp
    | Compare
    | Conditional
    | Format
    | Sequence
    | Dict
    | Comprehension
    | Lambda
    | Await
    | Yield
    | Walrus
    | Opaque
)


@record
class Parameter:
    """`kind` is positional (before `/`), either, args (`*a`), keyword (after `*`), kwargs (`**k`)."""

    name: str
    kind: str
    default: Expr | None
    annotation: Expr | None
    at: Span


@record
class Assign:
    """`targets = value`; `a = b = v` has two targets; an annotation without value has `value` None."""

    targets: tuple[Expr, ...]
    value: Expr | None
    at: Span
    annotation: Expr | None = None


@record
class AugAssign:
    target: Expr
    operator: str
    value: Expr
    at: Span


@record
class ExprStatement:
    value: Expr
    at: Span


@record
class Return:
    value: Expr | None
    at: Span


@record
class Raise:
    value: Expr | None
    at: Span


@record
class Assert:
    test: Expr
    at: Span


@record
class Delete:
    targets: tuple[Expr, ...]
    at: Span


@record
class Jump:
    """`break`, `continue` or `pass`."""

    kind: str
    at: Span


@record
class Import:
    """`import module as name`: without `as`, `name` is the first part of the module."""

    module: str
    name: str
    at: Span


@record
class ImportFrom:
    """`from module import names`; `level` counts leading dots; `("*", "*")` is the star."""

    module: str
    level: int
    names: tuple[tuple[str, str], ...]
    """Imported name and local name."""
    at: Span


@record
class Scope:
    """`global` and `nonlocal`."""

    kind: str
    names: tuple[str, ...]
    at: Span


@record
class If:
    test: Expr
    body: tuple[Stmt, ...]
    otherwise: tuple[Stmt, ...]
    at: Span


@record
class For:
    target: Expr
    iterable: Expr
    body: tuple[Stmt, ...]
    otherwise: tuple[Stmt, ...]
    at: Span


@record
class While:
    test: Expr
    body: tuple[Stmt, ...]
    otherwise: tuple[Stmt, ...]
    at: Span


@record
class With:
    items: tuple[tuple[Expr, Expr | None], ...]
    """Context and the target behind `as`."""
    body: tuple[Stmt, ...]
    at: Span


@record
class Try:
    body: tuple[Stmt, ...]
    handlers: tuple[tuple[Expr | None, str | None, tuple[Stmt, ...]], ...]
    """Exception, name and body of each `except`."""
    otherwise: tuple[Stmt, ...]
    final: tuple[Stmt, ...]
    at: Span


@record
class Match:
    """`match subject`: each case is a pattern, its guard and its body.

    A pattern that is a plain value is that expression; the wildcard and every other form are an Opaque.
    """

    subject: Expr
    cases: tuple[tuple[Expr, Expr | None, tuple[Stmt, ...]], ...]
    at: Span


@record
class FunctionDef:
    name: str
    parameters: tuple[Parameter, ...]
    body: tuple[Stmt, ...]
    decorators: tuple[Expr, ...]
    at: Span
    """The whole definition."""
    name_at: Span
    generator: bool = False
    """Its own body has a `yield`."""


@record
class ClassDef:
    name: str
    bases: tuple[Expr, ...]
    keywords: tuple[Keyword, ...]
    body: tuple[Stmt, ...]
    decorators: tuple[Expr, ...]
    at: Span
    name_at: Span


Stmt = (
    Assign
    | AugAssign
    | ExprStatement
    | Return
    | Raise
    | Assert
    | Delete
    | Jump
    | Import
    | ImportFrom
    | Scope
    | If
    | For
    | While
    | With
    | Try
    | Match
    | FunctionDef
    | ClassDef
)


@record(weakly=True)
class ScriptProgram:
    path: str
    body: tuple[Stmt, ...]
    problems: tuple[Problem, ...] = ()
    main: bool = False
    """It has a block under `if __name__ == "__main__"`."""
