"""Records behave as frozen dataclasses do, but for the setting of fields, which mypy forbids."""

from __future__ import annotations

import pickle
from dataclasses import dataclass, field, replace

import pytest

from dtlint.record import record


@record
class Point:
    x: int
    y: int = 0
    note: str = field(default="", compare=False, repr=False)


@record(eq=False)
class Place:
    x: int


@dataclass(frozen=True, slots=True)
class Frozen:
    x: int
    y: int = 0
    note: str = field(default="", compare=False, repr=False)


def test_equal_where_all_compared_fields_are():
    assert Point(1, 2, "a") == Point(1, 2, "b")
    assert Point(1, 2) != Point(1, 3)
    assert Point(1, 2) != Frozen(1, 2)
    assert len({Point(1), Point(1, note="a"), Point(2)}) == 2


def test_equal_only_to_itself_where_that_is_asked_for():
    place = Place(1)
    assert place == place  # noqa: PLR0124
    assert place != Place(1)


def test_shown_copied_matched_and_pickled_as_a_dataclass():
    assert repr(Point(1, 2, "a")) == repr(Frozen(1, 2, "a")).replace("Frozen", "Point")
    assert replace(Point(1, 2), y=3) == Point(1, 3)
    assert pickle.loads(pickle.dumps(Point(1, 2))) == Point(1, 2)
    match Point(1, 2):
        case Point(x, y):
            assert (x, y) == (1, 2)


def test_no_other_attribute():
    with pytest.raises(AttributeError):
        Point(1).z = 3  # type: ignore[attr-defined]
