"""In which rounds of a loop a condition holds that asks for the rest of a division of their number."""

from __future__ import annotations

from typing import Final

from dtlint.record import record
from dtlint.run.script.trace import Fork
from dtlint.value import Symbol, Term

_MOST: Final = 1024
"""Greater divisors are not looked through round by round."""


@record
class Rounds:
    number: Symbol
    """The number of the round."""
    divisor: int
    rests: frozenset[int]
    """What is left of the number in the rounds meant, divided by `divisor`."""

    def fits(self, other: Rounds) -> bool:
        """Both ask for the same division of the same number."""
        return (self.number, self.divisor) == (other.number, other.divisor)


def rounds(fork: Fork, side: int) -> Rounds | None:
    """The rounds that come to this side of the condition; None where it asks for something else, or something more."""
    symbol = fork.value.content.symbol if isinstance(fork.value.content, Term) else None
    found = _rounds(symbol.key) if symbol is not None else None
    return _others(found) if found is not None and side == 1 else found


def _rounds(key: object) -> Rounds | None:
    match key:
        case ("not", inner):
            found = _rounds(inner)
            return _others(found) if found is not None else None
        case ("%", Term(), Term()):
            found = _rest(key, 0)
            return _others(found) if found is not None else None
        case ("==", Term(symbol=Symbol(operation="%") as rest), ("int", int(number))):
            return _rest(rest.key, number)
        case _:
            return None


def _rest(key: object, number: int) -> Rounds | None:
    """Where `(round + shift) % divisor` is the number."""
    match key:
        case ("%", Term() as dividend, Term(constant=int(divisor))) if 1 < divisor <= _MOST:
            symbol = dividend.shifted()
            shift = (dividend - Term.of(symbol)).constant if symbol is not None else None
            if symbol is None or not isinstance(shift, int):
                return None
            return Rounds(symbol, divisor, frozenset(rest for rest in [(number - shift) % divisor] if number < divisor))
        case _:
            return None


def _others(found: Rounds) -> Rounds:
    return Rounds(found.number, found.divisor, frozenset(range(found.divisor)) - found.rests)
