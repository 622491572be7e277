"""A truth that a condition chose between two others: what `and`, `or` and `a if b else c` give as a value."""

from __future__ import annotations

from typing import TypeGuard

from dtlint.run.script.objects import identity
from dtlint.run.script.state import truth_of
from dtlint.value import Kind, Reach, Value, unknown
from dtlint.value.trail import join


def plain_truth(thing: object) -> TypeGuard[Value]:
    """It is True or False, and nothing else that counts as such."""
    if not isinstance(thing, Value):
        return False
    if not thing.is_unknown:
        return bool(thing.options) and all(isinstance(option, bool) for option in thing.options)
    symbols = list(thing.symbols())
    return len(symbols) == 1 and symbols[0].whole and (symbols[0].low, symbols[0].high) == (0, 1)


def chosen_truth(condition: Value, then: Value, otherwise: Value, key: object, varies: bool, tossed: bool) -> Value:
    """A truth that a condition chose between two others, as `step > 0 and step % 100 == 0` does.

    Where chance decides the condition (`tossed`), it comes out true and false like the sides that it leads to.
    """
    sides = [truth_of(side) for side in (then, otherwise)]
    comes = tossed and any(side.sometimes for side in sides) and any(side.not_always for side in sides)
    alike = all(value.known or value.reach is Reach.UNIFORM for value in (condition, then, otherwise))
    return unknown(
        f"{then} or {otherwise}",
        key=("chosen", key, identity(then), identity(otherwise)),
        kind=Kind.CHANCE if comes or varies else Kind.WITHHELD,
        reach=Reach.PROCESS if varies else Reach.UNIFORM if alike else Reach.UNSEEN,
        low=0,
        high=1,
        whole=True,
        trail=join(then.trail, otherwise.trail),
    )
