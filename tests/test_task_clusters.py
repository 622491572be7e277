"""JSON of which parts are not known, and the clusters that `TF_CONFIG` describes."""

from __future__ import annotations

import json

import pytest

from dtlint.run.json_text import parsed, written
from dtlint.value import fields, items, known, text, unknown

HOST = unknown("$HOST")


@pytest.mark.parametrize("record", [{}, {"a": 1}, {"a": [True, None, 2.5, "x\"y"]}, {"a": {"b": []}}, [], "x", 3])
def test_a_known_record_is_written_as_python_does(record: object) -> None:
    made = written(parsed(known(json.dumps(record))))
    assert made is not None
    assert made.string == json.dumps(record)


def test_an_unknown_part_comes_back() -> None:
    record = fields({"task": fields({"index": HOST}), "name": text(["worker-", HOST, '"'])})
    made = written(record)
    assert made is not None
    again = parsed(made)
    assert again.get("task.index").same(HOST)
    assert again.get("name").same(text(["worker-", HOST, '"']))


def test_a_list_with_an_unknown_part_may_have_any_length() -> None:
    told = parsed(text(['{"worker": ["', HOST, ':1", "b:1"]}']))
    assert told.get("worker").length.integer is None


def test_a_record_with_an_unknown_name_may_have_any_other() -> None:
    told = parsed(text(['{"cluster": {"', HOST, '": [], "worker": []}}']))
    assert not told.get("cluster.worker").is_unknown
    assert told.get("cluster.chief").is_unknown


def test_what_is_no_json_is_absent_and_what_may_be_is_unknown() -> None:
    assert parsed(known("{'a': 1}")).is_absent
    assert parsed(text(["{'a': ", HOST, "}"])).is_absent
    assert parsed(text(["{", HOST, "1}"])).is_unknown
    assert parsed(text(['{"a": [1, ', HOST])).is_unknown
    assert parsed(HOST).is_unknown


def test_what_has_no_known_shape_is_not_written() -> None:
    assert written(fields({"a": known(1)}, complete=False)) is None
    assert written(items([known(1)], complete=False)) is None
