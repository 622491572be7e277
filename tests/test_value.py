"""Values and truth: every verdict is checked against all outcomes of what is unknown."""

from __future__ import annotations

import itertools
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from dtlint.source import Span
from dtlint.value import (
    FALSE,
    TRUE,
    How,
    Kind,
    Reach,
    Step,
    Symbol,
    Truth,
    absent,
    either,
    fields,
    items,
    known,
    one_of,
    origins,
    text,
    unknown,
)

WITHHELD = [unknown(f"W{i}", low=-2, high=3, whole=True) for i in range(2)]
CHANCE = [unknown(f"C{i}", kind=Kind.CHANCE, low=-1, high=2, whole=True) for i in range(2)]
DOMAINS = {"W0": range(-2, 4), "W1": range(-2, 4), "C0": range(-1, 3), "C1": range(-1, 3)}
LEAVES = st.one_of(
    st.integers(-4, 4).map(lambda n: (known(n), lambda world, n=n: n)),
    st.sampled_from(
        [(value, lambda world, name=f"{kind}{i}": world[name])
         for kind, values in (("W", WITHHELD), ("C", CHANCE)) for i, value in enumerate(values)]
    ),
)  # fmt: skip
OPERATIONS = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "//": lambda a, b: a // b,
    "%": lambda a, b: a % b,
}


def combined(operation, left, right):
    """The value of an operation, and the function that computes it for real; None where it divides by zero."""
    function = OPERATIONS[operation]

    def real(world):
        a, b = left[1](world), right[1](world)
        if a is None or b is None or (operation in ("//", "%") and b == 0):
            return None
        return function(a, b)

    return function(left[0], right[0]), real


EXPRESSIONS = st.recursive(
    LEAVES,
    lambda inner: st.tuples(st.sampled_from(sorted(OPERATIONS)), inner, inner).map(lambda parts: combined(*parts)),
    max_leaves=4,
)
COMPARISONS = {
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


def outcomes(condition):
    """For each setting of the withheld unknowns, the verdicts over chance that do not divide by zero."""
    for w0, w1 in itertools.product(DOMAINS["W0"], DOMAINS["W1"]):
        found = []
        for c0, c1 in itertools.product(DOMAINS["C0"], DOMAINS["C1"]):
            verdict = condition({"W0": w0, "W1": w1, "C0": c0, "C1": c1})
            if verdict is not None:
                found.append(verdict)
        if found:
            yield found


def check_sound(verdict: Truth, condition) -> None:
    worlds = [dict(zip(DOMAINS, world, strict=True)) for world in itertools.product(*DOMAINS.values())]
    # Where some outcome divides by zero, nothing is left to quantify over.
    assume(all(condition(world) is not None for world in worlds))
    table = list(outcomes(condition))
    if verdict.always:
        assert all(all(row) for row in table)
    if verdict.never:
        assert not any(any(row) for row in table)
    if verdict.sometimes:
        assert all(any(row) for row in table)
    if verdict.not_always:
        assert all(not all(row) for row in table)


def compared(operation, left, right):
    def real(world):
        a, b = left[1](world), right[1](world)
        return None if a is None or b is None else COMPARISONS[operation](a, b)

    return COMPARISONS[operation](left[0], right[0]), real


CONDITIONS = st.tuples(st.sampled_from(sorted(COMPARISONS)), EXPRESSIONS, EXPRESSIONS).map(
    lambda parts: compared(*parts)
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(CONDITIONS)
def test_a_comparison_is_sound_for_every_outcome(condition):
    check_sound(*condition)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(CONDITIONS, CONDITIONS, st.booleans(), st.booleans())
def test_and_or_not_are_sound_for_every_outcome(left, right, both, negated):
    verdict = left[0] & right[0] if both else left[0] | right[0]
    verdict = ~verdict if negated else verdict

    def real(world):
        a, b = left[1](world), right[1](world)
        if a is None or b is None:
            return None
        result = (a and b) if both else (a or b)
        return not result if negated else result

    check_sound(verdict, real)


@settings(max_examples=200, deadline=None)
@given(EXPRESSIONS)
def test_known_arithmetic_is_exact_and_bounds_hold(expression):
    value, real = expression
    for w0, w1, c0, c1 in itertools.product(*DOMAINS.values()):
        result = real({"W0": w0, "W1": w1, "C0": c0, "C1": c1})
        if result is None:
            return
        if value.known:
            assert value.constant == result
        else:
            low, high = value.content.bounds()
            assert low <= result <= high


def test_chance_goes_wrong_one_day_and_withheld_does_not():
    port = 60_000 + unknown("$RANDOM", kind=Kind.CHANCE, low=0, high=32767, whole=True) % 10_000
    assert (port > 65535).surely
    assert not (port > 65535).always
    assert (unknown("$PORT") > 65535).undecided


def test_a_value_bounded_below_the_limit_never_exceeds_it():
    port = 20_000 + unknown("$RANDOM", kind=Kind.CHANCE, low=0, high=32767, whole=True) % 10_000
    assert (port > 65535).surely_not


def test_the_same_unknown_cancels_and_different_ones_do_not():
    port = unknown("$PORT")
    assert (port == port + 1).never
    assert (port + 1 - 1 == port).always
    assert (port == unknown("$OTHER")).undecided


def test_two_members_of_a_family_differ():
    first, second = (unknown(f"host {i}", family="hosts") for i in range(2))
    assert (first == second).never
    assert (first == unknown("host 0", family="hosts")).always


def test_the_divisor_of_a_value_can_be_named():
    world, samples = unknown("world"), unknown("samples")
    per_rank = samples.ceil_div(world)
    assert world.content in per_rank.divisors
    assert not (samples * 2).divisors


@pytest.mark.parametrize("other", ["auto", None])
def test_comparing_different_kinds_is_undecided(other):
    assert (known(256) != other).undecided
    assert (absent() == 256).undecided


def test_a_truth_is_no_bool():
    with pytest.raises(TypeError):
        bool(known(1) == 1)


def test_choices_decide_only_together():
    assert (one_of([2, 4]) > 1).always
    assert (one_of([2, 4]) > 3).undecided
    assert (one_of([2, 4]) * 2 == 8).undecided
    assert (one_of([2, 4]) == 5).never


def test_nine_alternatives_are_anything():
    assert one_of(range(9)).is_unknown
    assert one_of(range(8)).options == tuple(range(8))


def test_text_known_in_parts_decides_by_its_ends():
    address = text(["10.0.0.", unknown("$LAST")])
    assert (address == "localhost").never
    assert (address == "10.0.0.7").undecided
    assert address.starts_with("10.").always
    assert (text(["x", unknown("$A")]) == text(["x", unknown("$A")])).always


def test_text_of_known_parts_is_a_constant():
    assert text(["node", known(3), ".cluster"]).string == "node3.cluster"
    assert text([one_of(["a", "b"]), "1"]).options == ("a1", "b1")


def test_a_missing_field_of_a_complete_record_is_absent_and_else_unknown():
    whole = fields({"fp16": fields({"enabled": known(True)})})
    assert whole.get("fp16.enabled").constant is True
    assert whole.get("bf16.enabled").is_absent
    assert fields({}, complete=False).get("bf16.enabled").is_unknown


def test_items_answer_by_place_and_membership():
    hosts = items([known("a"), unknown("b")])
    assert hosts.length.constant == 2
    assert hosts.item(0).string == "a"
    assert hosts.item(2).is_absent
    assert hosts.contains("a").always
    assert hosts.contains("c").undecided
    assert items([known("a")]).contains("c").never


def test_integers_are_read_from_text_and_other_text_is_unknown():
    assert known(" 8 ").as_int().integer == 8
    assert known("eight").as_int().is_unknown
    assert unknown("$N").as_int().same(unknown("$N"))


def test_trails_join_nearest_first_and_once():
    steps = [Step(How.WRITTEN, f"step {i}", Span("a", i, i + 1)) for i in range(3)]
    left = known(2, steps[0], steps[1])
    right = known(3, steps[1], steps[2])
    assert (left * right).trail == tuple(steps)
    assert (left * right).at == Span("a", 0, 1)


def test_a_value_without_a_place_says_so():
    with pytest.raises(LookupError):
        _ = known(1).at


def test_branches_join_into_a_choice_or_an_unknown():
    assert either(known(1), known(1), "k").constant == 1
    assert either(known(1), known(2), "k").options == (1, 2)
    assert either(known(1), unknown("$N"), "k").same(either(known(3), unknown("$M"), "k"))


def test_reach_is_the_widest_of_what_it_was_computed_from():
    own = unknown("loss", reach=Reach.PROCESS)
    same = unknown("arg", reach=Reach.UNIFORM)
    assert (own + same).reach is Reach.PROCESS
    assert (same * 2).reach is Reach.UNIFORM
    assert known(3).reach is Reach.UNIFORM


def test_exact_fractions_survive_division():
    assert (known(7) / 2).constant == 3.5
    third = unknown("N", whole=True) / 3
    assert third.content.parts[0][1] == Fraction(1, 3)
    assert (third * 3).same(unknown("N", whole=True))


def test_true_and_false_are_each_other():
    assert (~TRUE).never
    assert FALSE.not_always


def test_a_count_that_begins_at_one_or_has_one_added_leaves_every_remainder() -> None:
    step = unknown("step", kind=Kind.CHANCE, low=0, high=999, whole=True)
    from_one = unknown("round", kind=Kind.CHANCE, low=1, high=1000, whole=True)
    assert ((step + 1) % 250 == 0).surely
    assert (from_one % 250 == 249).surely
    few = unknown("few", kind=Kind.CHANCE, low=5, high=12, whole=True)
    assert not (few % 10 == 3).surely
    assert not ((few + 1) % 10 == 4).surely
    assert not ((step + unknown("start", whole=True)) % 250 == 0).surely


def test_a_value_knows_what_it_was_computed_from_however_deep() -> None:
    shown = unknown("a text", key=("format", WITHHELD[0].content, ("str", "%d")))
    value = unknown("another", key=("either", ("rounds", 3), shown.content)) + CHANCE[1]
    parts = list(origins(value.symbols()))
    names = {part.name for part in parts if isinstance(part, Symbol)}
    assert names == {"another", "a text", "W0", "C1"}
    assert ("rounds", 3) in parts
