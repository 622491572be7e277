"""Positions as editors count them, and texts that they change."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lsprotocol import types

from dtlint.lsp.positions import UNITS, Shift, Text

TEXTS = st.text(alphabet="a \té模𝕏\r\n\x0b\x0c\u2028")
ENCODINGS = st.sampled_from(sorted(UNITS))


@given(TEXTS, ENCODINGS, st.data())
def test_offsets_and_positions_lead_to_each_other(content: str, encoding: str, data: st.DataObject) -> None:
    text = Text(content, encoding)
    offset = data.draw(st.integers(0, len(content)))
    between = content[offset - 1 : offset + 1] == "\r\n"
    assert text.offset(text.position(offset)) == (offset - 1 if between else offset)


@given(TEXTS, TEXTS, ENCODINGS, st.data())
def test_a_change_is_made_where_the_client_says(content: str, new: str, encoding: str, data: st.DataObject) -> None:
    text = Text(content, encoding)
    start, end = sorted((data.draw(st.integers(0, len(content))), data.draw(st.integers(0, len(content)))))
    region = types.Range(text.position(start), text.position(end))
    start, end = text.offset(region.start), text.offset(region.end)
    changed = text.changed(types.TextDocumentContentChangePartial(region, new))
    assert changed.content == content[:start] + new + content[end:]


@pytest.mark.parametrize(("encoding", "column"), [("utf-8", 11), ("utf-16", 6), ("utf-32", 5)])
def test_columns_are_in_the_units_of_the_encoding(encoding: str, column: int) -> None:
    text = Text("x\r\né模𝕏ab\rc", encoding)
    assert text.position(8) == types.Position(1, column)
    assert text.offset(types.Position(1, column)) == 8


def test_positions_outside_are_at_the_nearest_end() -> None:
    text = Text("ab\ncd")
    assert text.offset(types.Position(0, 99)) == 2
    assert text.offset(types.Position(99, 0)) == 5
    assert text.position(99) == types.Position(1, 2)
    # Within a character that takes two units.
    assert Text("𝕏").offset(types.Position(0, 1)) == 0


@given(TEXTS, TEXTS, TEXTS, TEXTS)
def test_what_stands_around_a_change_keeps_its_place(head: str, old: str, new: str, tail: str) -> None:
    shift = Shift(head + old + tail, head + new + tail)
    for offset in range(len(head) + len(old) + len(tail) + 1):
        assert 0 <= shift(offset) <= len(head) + len(new) + len(tail)
    if head and old and new and not (old[0] == new[0] or old[-1] == new[-1]):
        assert shift(len(head)) == len(head)
        assert shift(len(head) + len(old)) == len(head) + len(new)
