"""Unknown numbers keep their arithmetic: symbols, and polynomials over them."""

from __future__ import annotations

import enum
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import field, fields
from fractions import Fraction
from math import inf, isnan
from typing import Final

from dtlint.record import record

Number = int | Fraction
Bound = int | Fraction | float
"""A number, or plus or minus infinity where there is no bound."""

MONOMIALS: Final = 32
"""Beyond this many monomials a term becomes a fresh symbol: nobody compares such a sum."""

DEGREE: Final = 12
"""Beyond this many factors in a monomial likewise."""

DEEPEST_KEY: Final = 12
"""Operations upon operations after which a symbol is known by a digest of its key, which could grow exponentially."""

LONGEST_NAME: Final = 120
"""Characters of a symbol's name; a longer one is cut."""


class Kind(enum.Enum):
    """Who decides an unknown."""

    WITHHELD = "withheld"
    """Somebody sets it where we cannot see: assume nothing."""
    CHANCE = "chance"
    """Nobody sets it (data, random numbers, timing): assume the worst."""


class Reach(enum.Enum):
    """Whether an unknown is the same in all processes of a job."""

    UNIFORM = "uniform"
    PROCESS = "process"
    """Each process has its own."""
    UNSEEN = "unseen"
    """It comes from what was not read: it may be either."""


@record
class Symbol:
    """An unknown that is the same wherever the same symbol stands."""

    key: Hashable
    """What makes it the same: the variable and its context, or the operation and its operands."""
    name: str
    """How a person calls it, such as `$PORT`."""
    kind: Kind = Kind.WITHHELD
    reach: Reach = Reach.UNSEEN
    low: Bound = -inf
    high: Bound = inf
    """Inclusive bounds."""
    whole: bool = False
    """True where it is surely an integer."""
    attained: bool = True
    """False where some number within the bounds may be no possible outcome."""
    family: Hashable = None
    """Two different symbols of one family (not None) are surely different: the names of two hosts."""
    operation: str = ""
    """`//`, `%`, `/` or `ceil` where it stands for the result of one; empty otherwise."""
    operands: tuple[Term, ...] = ()
    _hash: int = field(default=0, init=False, repr=False, compare=False)
    _depth: int = field(default=0, init=False, repr=False, compare=False)
    _bases: frozenset[Symbol] | None = field(default=None, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Keys and names are made of other symbols' keys and names: hash each once, and let none grow without end.
        object.__setattr__(self, "_hash", hash(self.key))
        depth = _depth(self.key) + 1
        object.__setattr__(self, "_depth", depth)
        if depth > DEEPEST_KEY:
            object.__setattr__(self, "key", ("deep", self._hash))
            object.__setattr__(self, "_hash", hash(self.key))
            object.__setattr__(self, "_depth", 1)
        if len(self.name) > LONGEST_NAME:
            object.__setattr__(self, "name", self.name[: LONGEST_NAME - 1] + "…")

    def __hash__(self) -> int:
        return self._hash

    def __reduce__(self) -> tuple[object, ...]:
        # Another process hashes text in another way.
        given = tuple(getattr(self, part.name) for part in fields(self) if part.init)
        return Symbol, given

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Symbol) and self.key == other.key

    def bases(self) -> frozenset[Symbol]:
        """The symbols that it was computed from, itself if from none."""
        if not self.operands:
            return frozenset((self,))
        if self._bases is None:
            object.__setattr__(self, "_bases", frozenset(base for term in self.operands for base in term.bases()))
        assert self._bases is not None
        return self._bases


def _depth(key: Hashable) -> int:
    """How many symbols stand within one another in a key."""
    if isinstance(key, tuple):
        return max(map(_depth, key), default=0)
    if isinstance(key, Term):
        return max((symbol._depth for symbol in key.symbols()), default=0)
    return key._depth if isinstance(key, Symbol) else 0


Monomial = tuple[Symbol, ...]


@record
class Term:
    """A polynomial with rational coefficients over symbols; no monomial has coefficient zero."""

    parts: tuple[tuple[Monomial, Number], ...]

    @staticmethod
    def of(value: Number | Symbol) -> Term:
        if isinstance(value, Symbol):
            return Term((((value,), 1),))
        return Term((((), value),)) if value else Term(())

    @property
    def constant(self) -> Number | None:
        """The number that it is, or None if it has a symbol."""
        if not self.parts:
            return 0
        if len(self.parts) == 1 and not self.parts[0][0]:
            return self.parts[0][1]
        return None

    @property
    def symbol(self) -> Symbol | None:
        """The symbol that it is, if it is nothing but one."""
        if len(self.parts) == 1 and len(self.parts[0][0]) == 1 and self.parts[0][1] == 1:
            return self.parts[0][0][0]
        return None

    def shifted(self) -> Symbol | None:
        """The symbol of which it is so many more or fewer, as `epoch + 1` or `9 - step`; None if it is no such."""
        with_symbols = [(monomial, factor) for monomial, factor in self.parts if monomial]
        if len(with_symbols) == 1 and len(with_symbols[0][0]) == 1 and abs(with_symbols[0][1]) == 1:
            return with_symbols[0][0][0]
        return None

    def symbols(self) -> Iterator[Symbol]:
        for monomial, _ in self.parts:
            yield from monomial

    def bases(self) -> frozenset[Symbol]:
        return frozenset(base for symbol in self.symbols() for base in symbol.bases())

    def whole(self) -> bool:
        """True if it is surely an integer."""
        return all(
            Fraction(factor).denominator == 1 and all(symbol.whole for symbol in monomial)
            for monomial, factor in self.parts
        )

    def __add__(self, other: Term) -> Term:
        return _collect((*self.parts, *other.parts))

    def __neg__(self) -> Term:
        return Term(tuple((monomial, -factor) for monomial, factor in self.parts))

    def __sub__(self, other: Term) -> Term:
        return self + -other

    def __mul__(self, other: Term) -> Term:
        return _collect(
            tuple(
                (tuple(sorted(left + right, key=_order)), a * b)
                for left, a in self.parts
                for right, b in other.parts
            )
        )

    def bounds(self) -> tuple[Bound, Bound]:
        """The smallest interval that interval arithmetic finds."""
        low: Bound = 0
        high: Bound = 0
        for monomial, factor in self.parts:
            least, most = _monomial_bounds(monomial, factor)
            low, high = low + least, high + most
        return low, high

    def reached(self) -> tuple[Bound, Bound]:
        """`(floor, ceiling)` of what chance surely reaches.

        For every withheld value some outcome of chance brings the term down to `floor` or below,
        and some up to `ceiling` or above.  Withheld parts count with their unfavourable bound.
        """
        seen: set[Symbol] = set()
        floor: Bound = 0
        ceiling: Bound = 0
        for monomial, factor in self.parts:
            least, most = _monomial_bounds(monomial, factor)
            bases = {base for symbol in monomial for base in symbol.bases()}
            free = (
                len(monomial) == 1
                and monomial[0].attained
                and all(base.kind is Kind.CHANCE for base in bases)
                # Two monomials of one chance symbol cannot both be brought to their extreme.
                and not bases & seen
            )
            seen |= bases
            floor = floor + (least if free else most)
            ceiling = ceiling + (most if free else least)
        return (inf if isnan(floor) else floor), (-inf if isnan(ceiling) else ceiling)

    def __str__(self) -> str:
        if not self.parts:
            return "0"
        pieces = []
        for monomial, factor in self.parts:
            names = " * ".join(symbol.name for symbol in monomial)
            if not names:
                pieces.append(str(factor))
            elif factor == 1:
                pieces.append(names)
            else:
                pieces.append(f"{factor} * {names}")
        return " + ".join(pieces).replace("+ -", "- ")


def _order(symbol: Symbol) -> tuple[str, int]:
    return symbol.name, hash(symbol)


def _collect(parts: tuple[tuple[Monomial, Number], ...]) -> Term:
    sums: dict[Monomial, Number] = {}
    for monomial, factor in parts:
        sums[monomial] = sums.get(monomial, 0) + factor
    kept = sorted(
        ((monomial, factor) for monomial, factor in sums.items() if factor),
        key=lambda part: (len(part[0]), [_order(symbol) for symbol in part[0]]),
    )
    if len(kept) > MONOMIALS or (kept and len(kept[-1][0]) > DEGREE):
        return Term.of(Symbol(("sum", tuple(kept)), "a long sum", operation="sum", operands=(Term(tuple(kept)),)))
    return Term(tuple(kept))


def _monomial_bounds(monomial: Monomial, factor: Number) -> tuple[Bound, Bound]:
    low: Bound = factor
    high: Bound = factor
    for symbol in monomial:
        corners = [_times(a, b) for a in (low, high) for b in (symbol.low, symbol.high)]
        low, high = min(corners), max(corners)
    return low, high


def _times(left: Bound, right: Bound) -> Bound:
    """Interval arithmetic's product: an unbounded side times zero is zero."""
    return 0 if left == 0 or right == 0 else left * right


def origins(symbols: Iterable[Symbol]) -> Iterator[object]:
    """These symbols and all that they were computed from: symbols, and the tuples that their keys consist of."""
    pending: list[object] = [*symbols]
    while pending:
        part = pending.pop()
        match part:
            case Symbol():
                yield part
                pending.append(part.key)
            case Term():
                pending += part.symbols()
            case tuple():
                yield part
                pending += part
            case _:
                pass
