"""Conditions that ask whether a figure is better than the best one so far, as the first of a run is."""

from __future__ import annotations

from typing import Final

from dtlint.facts.script import Assign, Attribute, BoolOp, Call, Compare, Expr, If, Name, Subscript
from dtlint.facts.syntax import inside, nodes_of
from dtlint.run.script.trace import Fork, ScriptRun
from dtlint.value import origins

_LESS: Final = ("<", "<=")
_MORE: Final = (">", ">=")


def improves(run: ScriptRun, fork: Fork, side: int) -> bool:
    """The side is the one on which the best so far gives way: `if score > best: best = score`.

    A run whose figure never beats what `best` began with is none that anybody wants, so that this comes about one day,
    though nobody knows the figure.
    """
    if side != 0 or not carried_on(fork) or len(set(fork.value.symbols())) != 1:
        return False
    nodes = [node for program in run.programs if program.path == fork.at.path for node in nodes_of(program.body)]
    assigned = [node for node in nodes if isinstance(node, Assign)]
    return any(isinstance(node, If) and node.at == fork.at and _asks_for_better(node, assigned) for node in nodes)


def carried_on(fork: Fork) -> bool:
    """It compares with what earlier rounds left."""
    return any(isinstance(part, tuple) and part[:1] == ("carried",) for part in origins(fork.value.symbols()))


def _asks_for_better(statement: If, assigned: list[Assign]) -> bool:
    """What it compares is replaced in its own body, or was by `max` or `min` where the answer was given a name."""
    test = statement.test
    body = [node for node in nodes_of(statement.body) if isinstance(node, Assign)]
    for part in test.operands if isinstance(test, BoolOp) and test.operator == "and" else (test,):
        named = [one.value for one in assigned if any(_same(target, part) for target in one.targets)]
        compare = named[0] if isinstance(part, Name) and len(named) == 1 else part
        if not isinstance(compare, Compare) or len(compare.operators) != 1:
            continue
        lesser, greater = compare.operands if compare.operators[0] in _LESS else compare.operands[::-1]
        if compare.operators[0] not in (*_LESS, *_MORE):
            continue
        ways = ((lesser, greater, "max"), (greater, lesser, "min"))
        if any(_is_replaced(best, new, body) for best, new, _ in ways):
            return True
        if compare is not part and any(_is_kept(*way, assigned) for way in ways):
            return True
    return False


def _is_replaced(best: Expr, new: Expr, assigned: list[Assign]) -> bool:
    """`best = new`."""
    return any(_sets(one, best) and _same(one.value, new) for one in assigned)


def _is_kept(best: Expr, new: Expr, function: str, assigned: list[Assign]) -> bool:
    """`best = max(best, new)`."""
    for one in assigned:
        match one.value:
            case Call(func=Name(id=called), args=(first, second)) if called == function and _sets(one, best):
                if (_same(first, best) and _same(second, new)) or (_same(first, new) and _same(second, best)):
                    return True
            case _:
                pass
    return False


def _sets(one: Assign, best: Expr) -> bool:
    return isinstance(best, Name | Attribute | Subscript) and any(_same(target, best) for target in one.targets)


def _same(left: object, right: object) -> bool:
    """Written alike, wherever they stand."""
    if type(left) is not type(right):
        return False
    mine, theirs = inside(left), inside(right)
    if not mine and not theirs:
        return left == right
    return len(mine) == len(theirs) and all(map(_same, mine, theirs))
