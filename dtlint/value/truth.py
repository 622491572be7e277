"""Three-valued truth over two kinds of unknown: what somebody withholds and what chance decides."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from dtlint.record import record

if TYPE_CHECKING:
    from dtlint.value.value import Value


@record
class Truth:
    """Whether a condition holds, quantified over every withheld value.

    A condition that meets only withheld unknowns is decided when it comes out the same for all of
    them.  Chance is quantified the other way round: what *some* outcome of chance makes true does
    go wrong one day, so it is surely true; it may at the same time surely be false on another day.
    """

    always: bool
    """True for all withheld values and all outcomes of chance."""
    never: bool
    """False for all withheld values and all outcomes of chance."""
    sometimes: bool
    """For all withheld values some outcome of chance makes it true."""
    not_always: bool
    """For all withheld values some outcome of chance makes it false."""
    chance: frozenset[object] = frozenset()
    """The chance symbols that the condition depends on."""
    operands: tuple[Value, ...] = ()
    """What was compared: the reason why an undecided condition is undecided."""

    @property
    def surely(self) -> bool:
        """It goes wrong: for every withheld value, some outcome of chance makes it true."""
        return self.sometimes

    @property
    def surely_not(self) -> bool:
        """It never holds."""
        return self.never

    @property
    def undecided(self) -> bool:
        return not self.sometimes and not self.never

    def __bool__(self) -> bool:
        raise TypeError("a Truth is not a bool: combine with & | ~ and ask .surely")

    def __invert__(self) -> Truth:
        return Truth(self.never, self.always, self.not_always, self.sometimes, self.chance, self.operands)

    def __and__(self, other: Truth) -> Truth:
        if not isinstance(other, Truth):
            return NotImplemented
        independent = self.chance.isdisjoint(other.chance)
        return Truth(
            always=self.always and other.always,
            never=self.never or other.never,
            sometimes=(self.always and other.sometimes)
            or (self.sometimes and other.always)
            or (self.sometimes and other.sometimes and independent),
            not_always=self.not_always or other.not_always,
            chance=self.chance | other.chance,
            operands=_join(self.operands, other.operands),
        )

    def __or__(self, other: Truth) -> Truth:
        if not isinstance(other, Truth):
            return NotImplemented
        return ~(~self & ~other)


TRUE = Truth(always=True, never=False, sometimes=True, not_always=False)
FALSE = ~TRUE
UNDECIDED = Truth(always=False, never=False, sometimes=False, not_always=False)


def truth(known: bool) -> Truth:
    """A condition that was decided outside of values."""
    return TRUE if known else FALSE


def undecided(*operands: Value) -> Truth:
    """A condition that nothing decides, with the values that it would need."""
    return Truth(False, False, False, False, frozenset(), operands)


def every(conditions: Iterable[Truth]) -> Truth:
    result = TRUE
    for condition in conditions:
        result = result & condition
    return result


def some(conditions: Iterable[Truth]) -> Truth:
    result = FALSE
    for condition in conditions:
        result = result | condition
    return result


def _join(left: tuple[Value, ...], right: tuple[Value, ...]) -> tuple[Value, ...]:
    return left + tuple(value for value in right if not any(value is known for known in left))
