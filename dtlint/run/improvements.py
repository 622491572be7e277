"""Conditions that ask whether a figure is better than the best one so far, as the first of a run is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dtlint.facts.script import Assign, Attribute, BoolOp, Call, Compare, Expr, If, Name, Subscript
from dtlint.facts.syntax import inside, nodes_of
from dtlint.run.script.trace import Fork, ScriptRun
from dtlint.value import Symbol, Term

_BETTER: Final = frozenset(("<", "<=", ">", ">="))
_BETTER_OF: Final = frozenset(("max", "min"))


def improves(run: ScriptRun, fork: Fork, side: int) -> bool:
    """The side is the one on which the best so far gives way: `if score > best: best = score`.

    A run whose figure never beats what `best` began with is none that anybody wants, so that this comes about one day,
    though nobody knows the figure.
    """
    if side != 0 or not carried_on(fork) or len(set(fork.value.symbols())) != 1:
        return False
    nodes = [node for program in run.programs if program.path == fork.at.path for node in nodes_of(program.body)]
    assigned = [node for node in nodes if isinstance(node, Assign)]
    tests = (node.test for node in nodes if isinstance(node, If) and node.at == fork.at)
    asked = [operand for test in tests for operand in _operands(test, assigned)]
    return sum(_gives_way(compare, assigned) for compare in asked) == 1


def carried_on(fork: Fork) -> bool:
    """It compares with what earlier rounds left."""
    pending: list[object] = [symbol.key for symbol in fork.value.symbols()]
    while pending:
        match pending.pop():
            case ("carried", *_):
                return True
            case Symbol() as symbol:
                pending.append(symbol.key)
            case Term() as term:
                pending += term.symbols()
            case tuple() as parts:
                pending += parts
            case _:
                pass
    return False


def _operands(test: Expr, assigned: list[Assign]) -> Iterator[Compare]:
    """The comparisons that all must hold, also one that was given a name before: `is_best = score > best`."""
    match test:
        case Compare(operators=(operator,)) if operator in _BETTER:
            yield test
        case BoolOp(operator="and", operands=parts):
            for part in parts:
                yield from _operands(part, assigned)
        case Name():
            given = [one.value for one in assigned if any(_same(target, test) for target in one.targets)]
            if len(given) == 1 and isinstance(given[0], Compare):
                yield from _operands(given[0], assigned)
        case _:
            pass


def _gives_way(compare: Compare, assigned: list[Assign]) -> bool:
    """One operand is set to the other, or to the better one of both."""
    left, right = compare.operands
    return any(_replaces(one, best, new) for one in assigned for best, new in ((left, right), (right, left)))


def _replaces(one: Assign, best: Expr, new: Expr) -> bool:
    if not isinstance(best, Name | Attribute | Subscript) or not any(_same(target, best) for target in one.targets):
        return False
    match one.value:
        case Call(func=Name(id=name), args=(first, second)) if name in _BETTER_OF:
            return {True} == {_same(first, best) or _same(second, best), _same(first, new) or _same(second, new)}
        case None:
            return False
        case value:
            return _same(value, new)


def _same(left: object, right: object) -> bool:
    """Written alike, wherever they stand."""
    if type(left) is not type(right):
        return False
    mine, theirs = inside(left), inside(right)
    if not mine and not theirs:
        return left == right
    return len(mine) == len(theirs) and all(map(_same, mine, theirs))
