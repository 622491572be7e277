"""Python text to a ScriptProgram: the standard parser finds the syntax, this file gives it spans in code points.

Not read: notebook magics, type comments, `type X = …` and type parameters (their statements are dropped), patterns of
`match` beyond plain values.
"""

from __future__ import annotations

import ast
import re
import sys
import warnings
from collections.abc import Callable
from typing import Any, Final

from dtlint.collector import paused
from dtlint.facts.problem import Problem
from dtlint.facts.script import (
    Assert,
    Assign,
    Attribute,
    AugAssign,
    Await,
    BoolOp,
    Call,
    ClassDef,
    Compare,
    Comprehension,
    Conditional,
    Constant,
    Delete,
    Dict,
    Expr,
    ExprStatement,
    For,
    Format,
    FunctionDef,
    If,
    Import,
    ImportFrom,
    Jump,
    Keyword,
    Lambda,
    Match,
    Name,
    Opaque,
    Operation,
    Parameter,
    Raise,
    Return,
    Scope,
    ScriptProgram,
    Sequence,
    Slice,
    Starred,
    Stmt,
    Subscript,
    Try,
    Walrus,
    While,
    With,
    Yield,
)
from dtlint.source import Source, Span

LARGEST: Final = 4_000_000
"""Code points beyond which a file is generated data, not a script."""

_EXACT_F_STRINGS: Final = sys.version_info >= (3, 12)
"""Before 3.12 the parser places what stands inside an f-string wrongly in some lines."""


def read(source: Source) -> ScriptProgram:
    """The program of one script; a file that does not parse has an empty body and one problem, never an exception."""
    text = source.text
    if len(text) > LARGEST:
        return _broken(source, f"not read: more than {LARGEST:,} characters", 0)
    if "\0" in text:
        return _broken(source, "not read: it holds characters that Python does not accept", text.index("\0"))
    skipped = 1 if text.startswith("\ufeff") else 0
    with paused():
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                tree = ast.parse(text[skipped:])
        except SyntaxError as error:
            return _broken(source, _syntax(error, source), _offset(error, source))
        except (RecursionError, MemoryError):
            return _broken(source, "not read: nested too deeply", 0)
        except (ValueError, UnicodeError):
            return _broken(source, "not read: it holds characters that Python does not accept", 0)
        try:
            lowering = _Lowering(source.path, text, skipped)
            body = lowering.statements(tree.body)
        except RecursionError:
            return _broken(source, "not read: nested too deeply", 0)
    return ScriptProgram(source.path, body, (), any(map(_is_main, body)))


def _broken(source: Source, message: str, offset: int) -> ScriptProgram:
    end = min(offset + 1, len(source.text))
    return ScriptProgram(source.path, (), (Problem(message, Span(source.path, offset, end)),))


def _offset(error: SyntaxError, source: Source) -> int:
    return source.offset(error.lineno or 1, max(error.offset or 1, 1))


_PYTHON_2: Final = re.compile(
    r"""^\s*(print\s+[^\s(=.,\[]|exec\s+["'\w]|except\s+[\w.]+\s*,\s*\w+\s*:|raise\s+\w+\s*,|.*\b0[0-7]+\b|.*<>)"""
)
_NEWER: Final = re.compile(r"^\s*(type\s+\w+.*=|(async\s+)?def\s+\w+\s*\[|class\s+\w+\s*\[|.*\b[rbtf]+[\"'])")


def _syntax(error: SyntaxError, source: Source) -> str:
    said = error.msg.split("\n")[0] if error.msg else "invalid syntax"
    line = source.line(error.lineno or 1)
    if "Missing parentheses in call to" in said or "multiple exception types" in said or _PYTHON_2.match(line):
        return "not read: this is Python 2"
    running = f"{sys.version_info.major}.{sys.version_info.minor}"
    if _NEWER.match(line):
        return f"not read: it seems to be written for a newer Python than the {running} that runs dtlint ({said})"
    return f"not read: {said}"


def _is_main(statement: Stmt) -> bool:
    if not isinstance(statement, If) or not isinstance(statement.test, Compare):
        return False
    operands = statement.test.operands
    return any(isinstance(operand, Name) and operand.id == "__name__" for operand in operands) and any(
        isinstance(operand, Constant) and operand.value == "__main__" for operand in operands
    )


_OPERATORS: Final[dict[type, str]] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%", ast.Pow: "**",
    ast.MatMult: "@", ast.LShift: "<<", ast.RShift: ">>", ast.BitAnd: "&", ast.BitOr: "|", ast.BitXor: "^",
    ast.Not: "not", ast.USub: "-", ast.UAdd: "+", ast.Invert: "~", ast.And: "and", ast.Or: "or",
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=",
    ast.In: "in", ast.NotIn: "not in", ast.Is: "is", ast.IsNot: "is not",
}  # fmt: skip

_PLAIN: Final = (str, int, float, bool, type(None))


class _Lowering:
    """One pass over the parser's tree."""

    def __init__(self, path: str, text: str, skipped: int) -> None:
        self._path = path
        self._text = text
        self._starts = [0, skipped]
        if "\r" in text or skipped:
            self._starts[1:] = [skipped, *(match.end() for match in re.finditer(r"\r\n|\r|\n", text))]
        else:
            at = text.find("\n")
            while at >= 0:
                self._starts.append(at + 1)
                at = text.find("\n", at + 1)
        self._ascii = text.isascii()
        self._wide: dict[int, bytes] = {}
        self._fixed: Span | None = None
        self._yields = [False]

    # -- places

    def _place(self, line: int, column: int) -> int:
        """The code point at which byte `column` of `line` stands."""
        start = self._starts[line]
        if self._ascii:
            return start + column
        encoded = self._wide.get(line)
        if encoded is None:
            end = self._starts[line + 1] if line + 1 < len(self._starts) else len(self._text)
            encoded = self._wide[line] = self._text[start:end].encode("utf-8", "surrogatepass")
        if encoded.isascii():
            return start + column
        return start + len(encoded[:column].decode("utf-8", "replace"))

    def _at(self, node: Any) -> Span:
        if self._fixed is not None:
            return self._fixed
        if self._ascii:
            starts = self._starts
            return Span(self._path, starts[node.lineno] + node.col_offset,
                        starts[node.end_lineno] + node.end_col_offset)  # fmt: skip
        return Span(
            self._path,
            self._place(node.lineno, node.col_offset),
            self._place(node.end_lineno, node.end_col_offset),
        )

    # -- statements

    def statements(self, nodes: list[ast.stmt]) -> tuple[Stmt, ...]:
        lowered = []
        for node in nodes:
            handler = _STATEMENTS.get(type(node))
            if handler is not None:
                result = handler(self, node)
                if type(result) is list:
                    lowered.extend(result)
                else:
                    lowered.append(result)
        return tuple(lowered)

    def _assign(self, node: ast.Assign) -> Assign:
        return Assign(tuple([self.expr(target) for target in node.targets]), self.expr(node.value), self._at(node))

    def _annotated(self, node: ast.AnnAssign) -> Assign:
        value = None if node.value is None else self.expr(node.value)
        return Assign((self.expr(node.target),), value, self._at(node), self.expr(node.annotation))

    def _augmented(self, node: ast.AugAssign) -> AugAssign:
        operator = _OPERATORS[type(node.op)]
        return AugAssign(self.expr(node.target), operator, self.expr(node.value), self._at(node))

    def _expression(self, node: ast.Expr) -> ExprStatement | For:
        at, value = self._at(node), self.expr(node.value)
        if isinstance(value, Yield) and value.delegate and value.value is not None:
            # `yield from batches` is `for batch in batches: yield batch`, as long as nobody sends anything.
            item = Name("(item)", at)
            return For(item, value.value, (ExprStatement(Yield(item, at), at),), (), at)
        return ExprStatement(value, at)

    def _return(self, node: ast.Return) -> Return:
        return Return(None if node.value is None else self.expr(node.value), self._at(node))

    def _raise(self, node: ast.Raise) -> Raise:
        return Raise(None if node.exc is None else self.expr(node.exc), self._at(node))

    def _assert(self, node: ast.Assert) -> Assert:
        return Assert(self.expr(node.test), self._at(node))

    def _delete(self, node: ast.Delete) -> Delete:
        return Delete(tuple([self.expr(target) for target in node.targets]), self._at(node))

    def _jump(self, node: ast.stmt) -> Jump:
        return Jump(type(node).__name__.lower(), self._at(node))

    def _import(self, node: ast.Import) -> list[Import]:
        return [
            Import(alias.name, alias.asname or alias.name.split(".")[0], self._at(alias))
            if alias.asname is None
            else Import(alias.name, alias.asname, self._at(alias))
            for alias in node.names
        ]

    def _import_from(self, node: ast.ImportFrom) -> ImportFrom:
        names = tuple([(alias.name, alias.asname or alias.name) for alias in node.names])
        return ImportFrom(node.module or "", node.level, names, self._at(node))

    def _scope(self, node: ast.Global | ast.Nonlocal) -> Scope:
        return Scope(type(node).__name__.lower(), tuple(node.names), self._at(node))

    def _if(self, node: ast.If) -> If:
        return If(self.expr(node.test), self.statements(node.body), self.statements(node.orelse), self._at(node))

    def _for(self, node: ast.For) -> For:
        return For(
            self.expr(node.target),
            self.expr(node.iter),
            self.statements(node.body),
            self.statements(node.orelse),
            self._at(node),
        )

    def _while(self, node: ast.While) -> While:
        return While(self.expr(node.test), self.statements(node.body), self.statements(node.orelse), self._at(node))

    def _with(self, node: ast.With) -> With:
        items = [
            (self.expr(item.context_expr), None if item.optional_vars is None else self.expr(item.optional_vars))
            for item in node.items
        ]
        return With(tuple(items), self.statements(node.body), self._at(node))

    def _try(self, node: ast.Try) -> Try:
        handlers = [
            (None if handler.type is None else self.expr(handler.type), handler.name, self.statements(handler.body))
            for handler in node.handlers
        ]
        return Try(
            self.statements(node.body),
            tuple(handlers),
            self.statements(node.orelse),
            self.statements(node.finalbody),
            self._at(node),
        )

    def _match(self, node: ast.Match) -> Match:
        cases = [
            (
                self._pattern(case.pattern),
                None if case.guard is None else self.expr(case.guard),
                self.statements(case.body),
            )
            for case in node.cases
        ]
        return Match(self.expr(node.subject), tuple(cases), self._at(node))

    def _pattern(self, pattern: ast.pattern) -> Expr:
        if isinstance(pattern, ast.MatchValue):
            return self.expr(pattern.value)
        if isinstance(pattern, ast.MatchSingleton):
            return Constant(pattern.value, self._at(pattern))
        return Opaque(self._at(pattern))

    def _function(self, node: ast.FunctionDef) -> FunctionDef:
        decorators = tuple([self.expr(decorator) for decorator in node.decorator_list])
        parameters = self._parameters(node.args)
        self._yields.append(False)
        body = self.statements(node.body)
        return FunctionDef(
            node.name, parameters, body, decorators, self._at(node), self._name_at(node), self._yields.pop()
        )

    def _class(self, node: ast.ClassDef) -> ClassDef:
        return ClassDef(
            node.name,
            tuple([self.expr(base) for base in node.bases]),
            self._keywords(node.keywords),
            self.statements(node.body),
            tuple([self.expr(decorator) for decorator in node.decorator_list]),
            self._at(node),
            self._name_at(node),
        )

    def _name_at(self, node: ast.FunctionDef | ast.ClassDef) -> Span:
        """The name behind `def` or `class`, which the parser does not place."""
        start = self._place(node.lineno, node.col_offset)
        skipped = _DEFINES.match(self._text, start)
        found = skipped.end() if skipped else self._text.find(node.name, start)
        return Span(self._path, found, found + len(node.name))

    def _parameters(self, node: ast.arguments) -> tuple[Parameter, ...]:
        parameters: list[Parameter] = []
        positional = [*node.posonlyargs, *node.args]
        first_default = len(positional) - len(node.defaults)
        for index, arg in enumerate(positional):
            default = node.defaults[index - first_default] if index >= first_default else None
            kind = "positional" if index < len(node.posonlyargs) else "either"
            parameters.append(self._parameter(arg, kind, default))
        if node.vararg is not None:
            parameters.append(self._parameter(node.vararg, "args", None))
        for arg, default in zip(node.kwonlyargs, node.kw_defaults, strict=True):
            parameters.append(self._parameter(arg, "keyword", default))
        if node.kwarg is not None:
            parameters.append(self._parameter(node.kwarg, "kwargs", None))
        return tuple(parameters)

    def _parameter(self, arg: ast.arg, kind: str, default: ast.expr | None) -> Parameter:
        annotation = None if arg.annotation is None else self.expr(arg.annotation)
        return Parameter(
            arg.arg, kind, None if default is None else self.expr(default), annotation, self._at(arg)
        )

    # -- expressions

    def expr(self, node: ast.expr) -> Expr:
        handler = _EXPRESSIONS.get(type(node))
        if handler is None:
            return Opaque(self._at(node))
        lowered: Expr = handler(self, node)
        return lowered

    def _constant(self, node: ast.Constant) -> Expr:
        if isinstance(node.value, _PLAIN):
            return Constant(node.value, self._at(node))
        return Opaque(self._at(node))

    def _name(self, node: ast.Name) -> Name:
        return Name(node.id, self._at(node))

    def _attribute(self, node: ast.Attribute) -> Attribute:
        return Attribute(self.expr(node.value), node.attr, self._at(node))

    def _subscript(self, node: ast.Subscript) -> Subscript:
        return Subscript(self.expr(node.value), self.expr(node.slice), self._at(node))

    def _slice(self, node: ast.Slice) -> Slice:
        return Slice(
            None if node.lower is None else self.expr(node.lower),
            None if node.upper is None else self.expr(node.upper),
            None if node.step is None else self.expr(node.step),
            self._at(node),
        )

    def _call(self, node: ast.Call) -> Call:
        return Call(
            self.expr(node.func),
            tuple([self.expr(arg) for arg in node.args]),
            self._keywords(node.keywords) if node.keywords else (),
            self._at(node),
        )

    def _keywords(self, nodes: list[ast.keyword]) -> tuple[Keyword, ...]:
        return tuple([Keyword(node.arg, self.expr(node.value), self._at(node)) for node in nodes])

    def _starred(self, node: ast.Starred) -> Starred:
        return Starred(self.expr(node.value), self._at(node))

    def _unary(self, node: ast.UnaryOp) -> Expr:
        operand = node.operand
        if isinstance(node.op, ast.USub) and isinstance(operand, ast.Constant) and type(operand.value) in (int, float):
            return Constant(-operand.value, self._at(node))  # type: ignore[operator,arg-type]
        return Operation(_OPERATORS[type(node.op)], (self.expr(operand),), self._at(node))

    def _binary(self, node: ast.BinOp) -> Operation:
        """Left operands nest deeply where many pieces are added up: go down by a loop."""
        chain = [node]
        while isinstance(chain[-1].left, ast.BinOp):
            chain.append(chain[-1].left)
        lowered = self.expr(chain[-1].left)
        for link in reversed(chain):
            lowered = Operation(_OPERATORS[type(link.op)], (lowered, self.expr(link.right)), self._at(link))
        assert isinstance(lowered, Operation)
        return lowered

    def _bool(self, node: ast.BoolOp) -> BoolOp:
        return BoolOp(_OPERATORS[type(node.op)], tuple([self.expr(value) for value in node.values]), self._at(node))

    def _compare(self, node: ast.Compare) -> Compare:
        operands = (self.expr(node.left), *[self.expr(operand) for operand in node.comparators])
        return Compare(tuple([_OPERATORS[type(operator)] for operator in node.ops]), operands, self._at(node))

    def _conditional(self, node: ast.IfExp) -> Conditional:
        return Conditional(self.expr(node.test), self.expr(node.body), self.expr(node.orelse), self._at(node))

    def _joined(self, node: ast.JoinedStr) -> Format:
        at = self._at(node)
        outer = self._fixed
        if not _EXACT_F_STRINGS:
            self._fixed = at
        parts: list[str | Expr] = []
        for value in node.values:
            if isinstance(value, ast.Constant):
                parts.append(str(value.value))
            elif isinstance(value, ast.FormattedValue):
                plain = value.format_spec is None and value.conversion in (-1, 115)
                parts.append(self.expr(value.value) if plain else self._formatted(value))
        self._fixed = outer
        return Format(tuple(parts), at)

    def _formatted(self, node: ast.FormattedValue) -> Expr:
        """`{x:03d}` is `format(x, "03d")`, `{x!r}` is `repr(x)`."""
        at = self._at(node)
        value = self.expr(node.value)
        if node.conversion == 114:
            value = Call(Name("repr", at), (value,), (), at)
        elif node.conversion == 97:
            value = Call(Name("ascii", at), (value,), (), at)
        if node.format_spec is None:
            return value
        return Call(Name("format", at), (value, self.expr(node.format_spec)), (), at)

    def _sequence(self, node: ast.List | ast.Tuple | ast.Set) -> Sequence:
        items = tuple([self.expr(item) for item in node.elts])
        return Sequence(type(node).__name__.lower(), items, self._at(node))

    def _dict(self, node: ast.Dict) -> Dict:
        keys = tuple([None if key is None else self.expr(key) for key in node.keys])
        return Dict(keys, tuple([self.expr(value) for value in node.values]), self._at(node))

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp) -> Comprehension:
        return Comprehension(
            _COMPREHENSIONS[type(node)], self.expr(node.elt), None, self._loops(node.generators), self._at(node)
        )

    def _dict_comprehension(self, node: ast.DictComp) -> Comprehension:
        return Comprehension(
            "dict", self.expr(node.value), self.expr(node.key), self._loops(node.generators), self._at(node)
        )

    def _loops(self, nodes: list[ast.comprehension]) -> tuple[tuple[Expr, Expr, tuple[Expr, ...]], ...]:
        return tuple(
            [
                (self.expr(node.target), self.expr(node.iter), tuple([self.expr(test) for test in node.ifs]))
                for node in nodes
            ]
        )

    def _lambda(self, node: ast.Lambda) -> Lambda:
        parameters = self._parameters(node.args)
        self._yields.append(False)
        body = self.expr(node.body)
        self._yields.pop()
        return Lambda(parameters, body, self._at(node))

    def _await(self, node: ast.Await) -> Await:
        return Await(self.expr(node.value), self._at(node))

    def _yield(self, node: ast.Yield | ast.YieldFrom) -> Yield:
        self._yields[-1] = True
        value = None if node.value is None else self.expr(node.value)
        return Yield(value, self._at(node), isinstance(node, ast.YieldFrom))

    def _walrus(self, node: ast.NamedExpr) -> Walrus:
        return Walrus(node.target.id, self.expr(node.value), self._at(node))


_DEFINES: Final = re.compile(r"(?:async\s+)?(?:def|class)\s+(?:\\\s*)?")

_COMPREHENSIONS: Final[dict[type, str]] = {ast.ListComp: "list", ast.SetComp: "set", ast.GeneratorExp: "generator"}

_Handler = Callable[[_Lowering, Any], Any]

_L = _Lowering
_STATEMENTS: Final[dict[type, _Handler]] = {
    ast.Assign: _L._assign, ast.AnnAssign: _L._annotated, ast.AugAssign: _L._augmented, ast.Expr: _L._expression,
    ast.Return: _L._return, ast.Raise: _L._raise, ast.Assert: _L._assert, ast.Delete: _L._delete,
    ast.Break: _L._jump, ast.Continue: _L._jump, ast.Pass: _L._jump, ast.Import: _L._import,
    ast.ImportFrom: _L._import_from, ast.Global: _L._scope, ast.Nonlocal: _L._scope, ast.If: _L._if,
    ast.For: _L._for, ast.AsyncFor: _L._for, ast.While: _L._while, ast.With: _L._with, ast.AsyncWith: _L._with,
    ast.Try: _L._try, ast.TryStar: _L._try, ast.Match: _L._match, ast.FunctionDef: _L._function,
    ast.AsyncFunctionDef: _L._function, ast.ClassDef: _L._class,
}  # fmt: skip
_EXPRESSIONS: Final[dict[type, _Handler]] = {
    ast.Constant: _L._constant, ast.Name: _L._name, ast.Attribute: _L._attribute, ast.Subscript: _L._subscript,
    ast.Slice: _L._slice, ast.Call: _L._call, ast.Starred: _L._starred, ast.UnaryOp: _L._unary,
    ast.BinOp: _L._binary, ast.BoolOp: _L._bool, ast.Compare: _L._compare, ast.IfExp: _L._conditional,
    ast.JoinedStr: _L._joined, ast.List: _L._sequence, ast.Tuple: _L._sequence, ast.Set: _L._sequence,
    ast.Dict: _L._dict, ast.ListComp: _L._comprehension, ast.SetComp: _L._comprehension,
    ast.GeneratorExp: _L._comprehension, ast.DictComp: _L._dict_comprehension, ast.Lambda: _L._lambda,
    ast.Await: _L._await, ast.Yield: _L._yield, ast.YieldFrom: _L._yield, ast.NamedExpr: _L._walrus,
}  # fmt: skip
