"""What a setting may be, and why we think so."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from fractions import Fraction
from math import inf, isfinite
from typing import Final

from dtlint.record import record
from dtlint.source import Span
from dtlint.value.term import Bound, Kind, Reach, Symbol, Term
from dtlint.value.trail import Step, Trail, join
from dtlint.value.truth import FALSE, TRUE, Truth, every, some, truth, undecided

Scalar = str | int | float | bool | None

CHOICES: Final = 8
"""A value with more alternatives than this is anything."""


@record
class Const:
    value: Scalar


@record
class Choice:
    """One of a few constants; which one is withheld."""

    options: tuple[Scalar, ...]
    reach: Reach = Reach.UNSEEN


@record
class Absent:
    """It is surely not set: an option not given, a variable not in the environment."""


@record
class Text:
    """Text that is known in parts; no two neighbours are both `str`, and one part is a Value."""

    parts: tuple[str | Value, ...]


@record
class Items:
    """A sequence; where it is not complete, more may stand anywhere in it."""

    items: tuple[Value, ...]
    complete: bool = True


@record
class Fields:
    """A record; where it is not complete, it may have fields that were not seen."""

    entries: Mapping[str, Value]
    complete: bool = True


Content = Const | Choice | Absent | Term | Text | Items | Fields


@record(eq=False)
class Value:
    """A content and the trail that led to it.

    Comparing values gives a `Truth`, so values have no hash and no Python equality;
    `same(other)` compares contents exactly, for bookkeeping.
    """

    content: Content
    trail: Trail = ()

    __hash__ = None  # type: ignore[assignment]

    # -- what it is

    @property
    def known(self) -> bool:
        """It is one constant (None counts, absent does not)."""
        return isinstance(self.content, Const)

    @property
    def constant(self) -> Scalar:
        """The constant; raises `ValueError` unless `known`."""
        if isinstance(self.content, Const):
            return self.content.value
        raise ValueError(f"not a constant: {self}")

    @property
    def options(self) -> tuple[Scalar, ...]:
        """All constants that it may be; empty where they are not known."""
        if isinstance(self.content, Const):
            return (self.content.value,)
        return self.content.options if isinstance(self.content, Choice) else ()

    @property
    def integer(self) -> int | None:
        """The integer that it is known to be, None if it is no known integer."""
        if isinstance(self.content, Const) and isinstance(self.content.value, int):
            return int(self.content.value)
        return None

    @property
    def string(self) -> str | None:
        """The text that it is known to be, None if it is no known text."""
        if isinstance(self.content, Const) and isinstance(self.content.value, str):
            return self.content.value
        return None

    @property
    def absent(self) -> Truth:
        """Whether it is not set at all."""
        if isinstance(self.content, Absent):
            return TRUE
        return undecided(self) if isinstance(self.content, Term) else FALSE

    @property
    def is_absent(self) -> bool:
        return isinstance(self.content, Absent)

    @property
    def is_unknown(self) -> bool:
        """Nothing is known but perhaps bounds and arithmetic."""
        return isinstance(self.content, Term)

    @property
    def reach(self) -> Reach:
        """Whether all processes of a job have the same one."""
        reaches = {symbol.reach for symbol in self.symbols()}
        if isinstance(self.content, Choice):
            reaches.add(self.content.reach)
        for reach in (Reach.PROCESS, Reach.UNSEEN):
            if reach in reaches:
                return reach
        return Reach.UNIFORM

    def symbols(self) -> Iterator[Symbol]:
        """The symbols that it was computed from."""
        match self.content:
            case Term():
                yield from self.content.bases()
            case Text(parts=parts):
                for part in parts:
                    if isinstance(part, Value):
                        yield from part.symbols()
            case Items(items=items):
                for item in items:
                    yield from item.symbols()
            case Fields(entries=entries):
                for entry in entries.values():
                    yield from entry.symbols()
            case _:
                return

    @property
    def divisors(self) -> frozenset[Term]:
        """The terms by which it was divided on its way."""
        return frozenset(self._divisors())

    def _divisors(self) -> Iterator[Term]:
        if isinstance(self.content, Term):
            for symbol in self.content.symbols():
                if symbol.operation in ("/", "//") and len(symbol.operands) == 2:
                    yield symbol.operands[1]
                for operand in symbol.operands:
                    yield from Value(operand)._divisors()

    @property
    def at(self) -> Span:
        """Where it stands, as near to its use as is known; raises `LookupError` without a trail."""
        if not self.trail:
            raise LookupError(f"nothing says where {self} was written")
        return self.trail[0].at

    def same(self, other: Value) -> bool:
        """Exactly the same content, unknowns by their symbols."""
        return _same(self, other)

    # -- making one from another

    def because(self, *steps: Step) -> Value:
        """The same value, reached by `steps` first."""
        return Value(self.content, join(steps, self.trail))

    def after(self, *trails: Trail) -> Value:
        """The same value, with trails added behind its own."""
        return Value(self.content, join(self.trail, *trails))

    def or_default(self, default: Value) -> Value:
        """`default` where it is absent."""
        return default if self.is_absent else self

    def get(self, path: str) -> Value:
        """The field of a record under dotted keys; absent where the record surely lacks it."""
        value = self
        for key in path.split("."):
            value = value.field(key)
        return value

    def field(self, key: str) -> Value:
        """One field, whose name may hold dots."""
        match self.content:
            case Fields(entries=entries, complete=complete):
                if key in entries:
                    return entries[key]
                if complete:
                    return Value(Absent(), self.trail)
            case Absent():
                return self
            case Const():
                return Value(Absent(), self.trail)
            case _:
                pass
        return unknown(f"{self}[{key}]", key=("field", key, _key(self)), trail=self.trail)

    def item(self, index: int) -> Value:
        """One item of a sequence or character of a text; absent past the end of a complete one."""
        match self.content:
            case Items(items=items, complete=True):
                inside = -len(items) <= index < len(items)
                return items[index] if inside else Value(Absent(), self.trail)
            case Const(value=str(text)):
                inside = -len(text) <= index < len(text)
                return known(text[index]).after(self.trail) if inside else Value(Absent(), self.trail)
            case _:
                return unknown(f"{self}[{index}]", key=("item", index, _key(self)), trail=self.trail)

    @property
    def length(self) -> Value:
        match self.content:
            case Items(items=items, complete=True):
                return known(len(items)).after(self.trail)
            case Items(items=items):
                return unknown(f"len({self})", key=("len", _key(self)), low=len(items), whole=True, trail=self.trail)
            case Fields(entries=entries, complete=True):
                return known(len(entries)).after(self.trail)
            case Const(value=str(text)):
                return known(len(text)).after(self.trail)
            case _:
                return unknown(f"len({self})", key=("len", _key(self)), low=0, whole=True, trail=self.trail)

    def mapped(self, name: str, function: Callable[[Scalar], Scalar]) -> Value:
        """`function` of each constant that it may be; anything, named by `name`, where it raises ValueError."""
        options = self.options
        if options:
            try:
                return one_of([function(option) for option in options], self.reach).after(self.trail)
            except (ValueError, TypeError, OverflowError):
                return unknown(f"{name}({self})", key=(name, _key(self)), trail=self.trail)
        if self.is_absent:
            return self
        return unknown(f"{name}({self})", key=(name, _key(self)), reach=self.reach, trail=self.trail)

    def as_int(self) -> Value:
        """As an integer is read from text: `" 8 "` is 8; what is no integer is unknown."""
        if isinstance(self.content, Term):
            if self.content.whole():
                return self
            symbol = self.content.symbol
            if symbol is not None and symbol.low == -inf and symbol.high == inf:
                return self
        return self.mapped("int", _int)

    def as_float(self) -> Value:
        if isinstance(self.content, Term):
            return self
        return self.mapped("float", float)  # type: ignore[arg-type]

    def as_text(self) -> Value:
        """As `str` would print it; an unknown stays the same unknown."""
        if isinstance(self.content, Term | Text):
            return self
        return self.mapped("str", str)

    # -- conditions

    def __eq__(self, other: object) -> Truth:  # type: ignore[override]
        return _equal(self, of(other))

    def __ne__(self, other: object) -> Truth:  # type: ignore[override]
        return ~_equal(self, of(other))

    def __lt__(self, other: Operand) -> Truth:
        return _less(self, of(other))

    def __gt__(self, other: Operand) -> Truth:
        return _less(of(other), self)

    def __le__(self, other: Operand) -> Truth:
        return ~_less(of(other), self)

    def __ge__(self, other: Operand) -> Truth:
        return ~_less(self, of(other))

    def one_of(self, *others: Scalar) -> Truth:
        """It equals one of these."""
        return some(self == other for other in others)

    def __contains__(self, other: object) -> bool:
        raise TypeError("ask .contains(), which answers with a Truth")

    def contains(self, other: Operand) -> Truth:
        """An item equals it, a field has its name, or a text has it as a part."""
        wanted = of(other)
        match self.content:
            case Items(items=items, complete=complete):
                found = some(item == wanted for item in items)
                return found if complete else found | undecided(self)
            case Fields(entries=entries, complete=complete) if wanted.string is not None:
                if wanted.string in entries:
                    return TRUE
                return FALSE if complete else undecided(self)
            case Const(value=str(text)) if wanted.string is not None:
                return truth(wanted.string in text)
            case Text(parts=parts) if wanted.string is not None:
                inside = any(isinstance(part, str) and wanted.string in part for part in parts)
                return TRUE if inside else undecided(self)
            case Choice(options=options) if wanted.string is not None and all(isinstance(o, str) for o in options):
                found_in = [wanted.string in str(option) for option in options]
                if all(found_in):
                    return TRUE
                return undecided(self) if any(found_in) else FALSE
            case _:
                return undecided(self, wanted)

    def starts_with(self, prefix: str) -> Truth:
        """Its text begins so."""
        match self.content:
            case Const(value=str(text)):
                return truth(text.startswith(prefix))
            case Choice(options=options) if all(isinstance(option, str) for option in options):
                starts = [str(option).startswith(prefix) for option in options]
                return TRUE if all(starts) else undecided(self) if any(starts) else FALSE
            case Text(parts=(str(head), *_)):
                if head.startswith(prefix):
                    return TRUE
                return undecided(self) if prefix.startswith(head) else FALSE
            case _:
                return undecided(self)

    # -- arithmetic, on numbers that may be unknown

    def __add__(self, other: Operand) -> Value:
        return _arithmetic("+", self, of(other))

    def __radd__(self, other: Operand) -> Value:
        return _arithmetic("+", of(other), self)

    def __sub__(self, other: Operand) -> Value:
        return _arithmetic("-", self, of(other))

    def __rsub__(self, other: Operand) -> Value:
        return _arithmetic("-", of(other), self)

    def __mul__(self, other: Operand) -> Value:
        return _arithmetic("*", self, of(other))

    def __rmul__(self, other: Operand) -> Value:
        return _arithmetic("*", of(other), self)

    def __floordiv__(self, other: Operand) -> Value:
        """Rounded down, as in Python; a shell rounds towards zero, which its interpreter minds."""
        return _arithmetic("//", self, of(other))

    def __rfloordiv__(self, other: Operand) -> Value:
        return _arithmetic("//", of(other), self)

    def __truediv__(self, other: Operand) -> Value:
        return _arithmetic("/", self, of(other))

    def __rtruediv__(self, other: Operand) -> Value:
        return _arithmetic("/", of(other), self)

    def __mod__(self, other: Operand) -> Value:
        return _arithmetic("%", self, of(other))

    def __rmod__(self, other: Operand) -> Value:
        return _arithmetic("%", of(other), self)

    def ceil_div(self, other: Operand) -> Value:
        """Divided and rounded up."""
        return -(-self // other)

    def __neg__(self) -> Value:
        return _arithmetic("-", known(0), self)

    def __str__(self) -> str:
        """As a message shows it."""
        match self.content:
            case Const(value=value):
                return str(value)
            case Choice(options=options):
                return " or ".join(str(option) for option in options)
            case Absent():
                return "nothing"
            case Term():
                return str(self.content)
            case Text(parts=parts):
                return "".join(str(part) for part in parts)
            case Items(items=items, complete=complete):
                return ",".join([str(item) for item in items] + ([] if complete else ["…"]))
            case Fields(entries=entries):
                return "{" + ", ".join(f"{key}: {entry}" for key, entry in entries.items()) + "}"

    def __repr__(self) -> str:
        return f"<{self} {type(self.content).__name__}>"


Operand = Value | Scalar


# -- making values


def of(value: object) -> Value:
    """A Value as it is, a Python constant as a known value."""
    if isinstance(value, Value):
        return value
    if value is None or isinstance(value, str | int | float | bool):
        return Value(Const(value))
    raise TypeError(f"no value: {value!r}")


def known(value: Scalar, *steps: Step) -> Value:
    return Value(Const(value), steps)


def absent(*steps: Step) -> Value:
    return Value(Absent(), steps)


def unknown(
    name: str,
    *,
    key: Hashable = None,
    kind: Kind = Kind.WITHHELD,
    reach: Reach = Reach.UNSEEN,
    low: Bound = -inf,
    high: Bound = inf,
    whole: bool = False,
    family: Hashable = None,
    trail: Trail = (),
) -> Value:
    """An unknown; two with the same `key` (the name if there is none) are the same one.

    Two with different keys and one `family` are surely different.
    """
    symbol = Symbol(name if key is None else key, name, kind, reach, low, high, whole, family=family)
    return Value(Term.of(symbol), trail)


def one_of(values: Iterable[Scalar], reach: Reach = Reach.UNSEEN) -> Value:
    """A constant, a choice, or anything, by the number of different `values`."""
    options: dict[tuple[type, Scalar], Scalar] = {}
    for value in values:
        options.setdefault((type(value), value), value)
    if len(options) == 1:
        return Value(Const(next(iter(options.values()))))
    if len(options) <= CHOICES:
        return Value(Choice(tuple(options.values()), reach))
    return unknown("one of many", key=("one of", *options), reach=reach)


def text(parts: Iterable[str | Value]) -> Value:
    """Concatenation; known parts melt together."""
    pieces: list[str | Value] = []
    trails: list[Trail] = []
    for part in parts:
        if isinstance(part, Value):
            trails.append(part.trail)
            if isinstance(part.content, Text):
                for inner in part.content.parts:
                    _append(pieces, inner)
                continue
            if part.known:
                part = _display(part.constant)
            elif part.is_absent:
                part = ""
        _append(pieces, part)
    trail = join(*trails)
    if not pieces:
        return Value(Const(""), trail)
    if len(pieces) == 1:
        only = pieces[0]
        return Value(Const(only), trail) if isinstance(only, str) else only
    choices = [piece for piece in pieces if isinstance(piece, Value)]
    if len(choices) == 1 and choices[0].options:
        return one_of(
            ("".join(piece if isinstance(piece, str) else str(option) for piece in pieces))
            for option in choices[0].options
        ).after(trail)
    return Value(Text(tuple(pieces)), trail)


def items(values: Iterable[Value], complete: bool = True, trail: Trail = ()) -> Value:
    return Value(Items(tuple(values), complete), trail)


def fields(entries: Mapping[str, Value], complete: bool = True, trail: Trail = ()) -> Value:
    return Value(Fields(dict(entries), complete), trail)


def either(left: Value, right: Value, key: Hashable, name: str = "", reach: Reach = Reach.UNSEEN) -> Value:
    """What two branches leave: both alternatives, or an unknown that `key` identifies.

    `reach` says whether the processes of a job are on the same branch.
    """
    if left.same(right):
        return left.after(right.trail)
    trail = join(left.trail, right.trail)
    if left.options and right.options:
        return one_of(left.options + right.options, reach).after(trail)
    kind = Kind.CHANCE if reach is Reach.PROCESS else Kind.WITHHELD
    return unknown(name or f"{left} or {right}", key=key, kind=kind, reach=reach, trail=trail)


# -- inside


def _append(pieces: list[str | Value], part: str | Value) -> None:
    if isinstance(part, str) and not part:
        return
    if pieces and isinstance(part, str) and isinstance(pieces[-1], str):
        pieces[-1] += part
    else:
        pieces.append(part)


def _display(scalar: Scalar) -> str:
    return "" if scalar is None else str(scalar)


def _int(scalar: Scalar) -> int:
    if isinstance(scalar, float):
        if not scalar.is_integer():
            raise ValueError(scalar)
        return int(scalar)
    if scalar is None:
        raise ValueError(scalar)
    return int(scalar)


def _key(value: Value) -> Hashable:
    """Equal for values that `same` calls the same."""
    match value.content:
        case Const(value=scalar):
            return (type(scalar).__name__, scalar)
        case Choice(options=options):
            return ("choice", *((type(option).__name__, option) for option in options))
        case Absent():
            return "absent"
        case Term():
            return value.content
        case Text(parts=parts):
            return ("text", *(part if isinstance(part, str) else _key(part) for part in parts))
        case Items(items=members, complete=complete):
            return ("items", complete, *(_key(member) for member in members))
        case Fields(entries=entries, complete=complete):
            return ("fields", complete, *((name, _key(entry)) for name, entry in entries.items()))


def _same(left: Value, right: Value) -> bool:
    if isinstance(left.content, Choice) and isinstance(right.content, Choice):
        return False
    return _key(left) == _key(right)


def _terms(value: Value) -> list[Term] | None:
    """The numbers that it may be; None if it is not surely a number, unless it is wholly unknown."""
    if isinstance(value.content, Term):
        return [value.content]
    options = value.options
    if not options or not all(isinstance(option, int | float) for option in options):
        return None
    numbers = []
    for option in options:
        if isinstance(option, float) and not isfinite(option):
            return None
        numbers.append(Term.of(Fraction(option) if isinstance(option, float) else int(option)))  # type: ignore[arg-type]
    return numbers


def _equal(left: Value, right: Value) -> Truth:
    if left.is_absent or right.is_absent:
        return undecided(left, right)
    numbers = _terms(left), _terms(right)
    if numbers[0] is not None and numbers[1] is not None:
        return _all_pairs(numbers[0], numbers[1], _equal_terms, left, right)
    if left.options and right.options:
        return _equal_options(left, right)
    match left.content, right.content:
        case Items(items=a, complete=True), Items(items=b, complete=True):
            return every(x == y for x, y in zip(a, b, strict=True)) if len(a) == len(b) else FALSE
        case (Text(), _) | (_, Text()):
            return _equal_texts(left, right)
        case _:
            return TRUE if left.same(right) else undecided(left, right)


def _equal_options(left: Value, right: Value) -> Truth:
    verdicts = set()
    for a in left.options:
        for b in right.options:
            if _sort(a) != _sort(b):
                return undecided(left, right)
            verdicts.add(a == b)
    return truth(verdicts.pop()) if len(verdicts) == 1 else undecided(left, right)


def _sort(scalar: Scalar) -> str:
    if scalar is None:
        return "none"
    return "text" if isinstance(scalar, str) else "number"


def _equal_texts(left: Value, right: Value) -> Truth:
    if left.same(right):
        return TRUE
    ends = [_ends(side) for side in (left, right)]
    if None in ends:
        return undecided(left, right)
    (head_a, tail_a, least_a, fixed_a), (head_b, tail_b, least_b, fixed_b) = ends  # type: ignore[misc]
    shared = min(len(head_a), len(head_b))
    if head_a[:shared] != head_b[:shared]:
        return FALSE
    shared = min(len(tail_a), len(tail_b))
    if shared and tail_a[-shared:] != tail_b[-shared:]:
        return FALSE
    if (fixed_a and least_a < least_b) or (fixed_b and least_b < least_a):
        return FALSE
    return undecided(left, right)


def _ends(value: Value) -> tuple[str, str, int, bool] | None:
    """Known beginning, known end, least length, and whether that is all of it."""
    if value.string is not None:
        return value.string, value.string, len(value.string), True
    if isinstance(value.content, Text):
        parts = value.content.parts
        head = parts[0] if isinstance(parts[0], str) else ""
        tail = parts[-1] if isinstance(parts[-1], str) else ""
        return head, tail, sum(len(part) for part in parts if isinstance(part, str)), False
    return None


def _less(left: Value, right: Value) -> Truth:
    numbers = _terms(left), _terms(right)
    if numbers[0] is None or numbers[1] is None:
        return undecided(left, right)
    return _all_pairs(numbers[0], numbers[1], _less_terms, left, right)


def _all_pairs(
    left: list[Term], right: list[Term], compare: Callable[[Term, Term], Truth], *operands: Value
) -> Truth:
    """Which alternative holds is withheld: a verdict must hold for each pair."""
    verdicts = [compare(a, b) for a in left for b in right]
    return Truth(
        always=all(verdict.always for verdict in verdicts),
        never=all(verdict.never for verdict in verdicts),
        sometimes=all(verdict.sometimes for verdict in verdicts),
        not_always=all(verdict.not_always for verdict in verdicts),
        chance=frozenset(symbol for verdict in verdicts for symbol in verdict.chance),
        operands=operands,
    )


def _equal_terms(left: Term, right: Term) -> Truth:
    difference = left - right
    constant = difference.constant
    if constant is not None:
        return truth(constant == 0)
    low, high = difference.bounds()
    floor, ceiling = difference.reached()
    never = low > 0 or high < 0 or _kin(left.symbol, right.symbol)
    free = [part for part in difference.parts if part[0]]
    hit = (
        len(free) == 1
        and abs(free[0][1]) == 1
        and difference.whole()
        and floor <= 0 <= ceiling
        and (floor, ceiling) == (low, high)
    )
    return Truth(
        always=False,
        never=never,
        sometimes=hit and not never,
        not_always=never or floor < 0 or ceiling > 0,
        chance=_chance(difference),
    )


def _kin(left: Symbol | None, right: Symbol | None) -> bool:
    """Two different members of one family of unknowns that all differ."""
    return left is not None and right is not None and left.family is not None and left.family == right.family


def _less_terms(left: Term, right: Term) -> Truth:
    difference = right - left
    constant = difference.constant
    if constant is not None:
        return truth(constant > 0)
    low, high = difference.bounds()
    floor, ceiling = difference.reached()
    return Truth(
        always=low > 0,
        never=high <= 0,
        sometimes=low > 0 or ceiling > 0,
        not_always=high <= 0 or floor <= 0,
        chance=_chance(difference),
    )


def _chance(term: Term) -> frozenset[object]:
    return frozenset(symbol for symbol in term.bases() if symbol.kind is Kind.CHANCE)


def _arithmetic(operation: str, left: Value, right: Value) -> Value:
    trail = join(left.trail, right.trail)
    numbers = _terms(left), _terms(right)
    if numbers[0] is None or numbers[1] is None:
        key = (operation, _key(left), _key(right))
        return unknown(f"{left} {operation} {right}", key=key, reach=_reach(left, right), trail=trail)
    pairs = [(a, b) for a in numbers[0] for b in numbers[1]]
    if len(pairs) == 1:
        return Value(_content(_calculate(operation, *pairs[0])), trail)
    results = [_calculate(operation, a, b) for a, b in pairs]
    constants = [result.constant for result in results]
    if any(constant is None for constant in constants):
        key = (operation, _key(left), _key(right))
        return unknown(f"{left} {operation} {right}", key=key, reach=_reach(left, right), trail=trail)
    return one_of((_plain(constant) for constant in constants), _reach(left, right)).after(trail)  # type: ignore[arg-type]


def _reach(left: Value, right: Value) -> Reach:
    reaches = {left.reach, right.reach}
    return next(reach for reach in (Reach.PROCESS, Reach.UNSEEN, Reach.UNIFORM) if reach in reaches)


def _content(term: Term) -> Content:
    constant = term.constant
    return term if constant is None else Const(_plain(constant))


def _plain(number: int | Fraction) -> int | float:
    if isinstance(number, int) or number.denominator == 1:
        return int(number)
    return float(number)


def _calculate(operation: str, left: Term, right: Term) -> Term:
    if operation == "+":
        return left + right
    if operation == "-":
        return left - right
    if operation == "*":
        return left * right
    divisor = right.constant
    dividend = left.constant
    if divisor is not None and divisor != 0:
        if dividend is not None:
            exact = Fraction(dividend) / Fraction(divisor)
            if operation == "/":
                return Term.of(exact)
            quotient = exact.__floor__()
            return Term.of(quotient if operation == "//" else dividend - quotient * divisor)
        scaled = left * Term.of(Fraction(1) / Fraction(divisor))
        if operation == "/":
            return scaled
        if scaled.whole():
            return scaled if operation == "//" else Term.of(0)
    return Term.of(_opaque(operation, left, right, divisor))


def _opaque(operation: str, left: Term, right: Term, divisor: int | Fraction | None) -> Symbol:
    """The result of a division that does not come out even, as a symbol with its bounds."""
    bases = left.bases() | right.bases()
    kind = Kind.CHANCE if bases and all(base.kind is Kind.CHANCE for base in bases) else Kind.WITHHELD
    reaches = {base.reach for base in bases}
    reach = next((r for r in (Reach.PROCESS, Reach.UNSEEN) if r in reaches), Reach.UNIFORM)
    low, high = left.bounds()
    whole = operation != "/" and left.whole() and right.whole()
    attained = False
    counted = left.shifted()
    if divisor is not None and divisor > 0:
        if operation == "//":
            low, high = (bound // divisor if abs(bound) != inf else bound for bound in (low, high))
            attained = left.symbol is not None and whole
        elif operation == "%":
            within = low >= 0 and high < divisor
            # As many numbers in a row as the divisor says leave every remainder.
            attained = counted is not None and counted.attained and whole and (within or high - low >= divisor - 1)
            low, high = (low, high) if within else (0, divisor - 1 if whole else divisor)
            if left.bounds()[0] >= 0:
                high = min(high, left.bounds()[1])
        else:
            low, high = -inf, inf
    else:
        low, high = -inf, inf
    return Symbol(
        key=(operation, left, right),
        name=f"({left}) {operation} ({right})" if len(left.parts) > 1 else f"{left} {operation} {right}",
        kind=kind,
        reach=reach,
        low=low,
        high=high,
        whole=whole,
        attained=attained and (counted is None or counted.attained),
        operation=operation,
        operands=(left, right),
    )
