"""The Python reader: spans in code points, and what happens to text that is no Python."""

from __future__ import annotations

import ast
import dataclasses
import sys
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dtlint.facts import script as facts
from dtlint.read.python import LARGEST, read
from dtlint.source import Source, Span


def nodes(thing: object) -> Iterator[object]:
    """All nodes below `thing`, itself included."""
    if isinstance(thing, tuple):
        for item in thing:
            yield from nodes(item)
    elif dataclasses.is_dataclass(thing) and not isinstance(thing, Span):
        yield thing
        for field in dataclasses.fields(thing):
            yield from nodes(getattr(thing, field.name))


def slices(text: str) -> dict[str, list[str]]:
    """The source slice of every name, literal and attribute, by kind."""
    program = read(Source("a.py", text))
    found: dict[str, list[str]] = {"name": [], "constant": [], "attribute": []}
    for node in nodes(program.body):
        match node:
            case facts.Name(at=at):
                assert text[at.start : at.end] == node.id
                found["name"].append(node.id)
            case facts.Constant(at=at):
                assert ast.literal_eval(text[at.start : at.end]) == node.value
                found["constant"].append(text[at.start : at.end])
            case facts.Attribute(at=at):
                assert text[at.start : at.end].endswith(node.name)
                found["attribute"].append(text[at.start : at.end])
    return found


def test_places_behind_wide_characters_are_counted_in_code_points() -> None:
    found = slices("naïve = 'é𝄞'; rank = os.environ['ÿ'] # ü\nπ.x(naïve, 7)\n")
    assert found["attribute"] == ["os.environ", "π.x"]
    assert found["constant"] == ["'é𝄞'", "'ÿ'", "7"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_of_every_kind(end: str) -> None:
    found = slices(f"a = 1{end}{end}def f(x):{end}    return x.b + 22{end}")
    assert found["constant"] == ["1", "22"]
    assert found["attribute"] == ["x.b"]


def test_a_byte_order_mark_does_not_shift_the_first_line() -> None:
    text = "\ufeffrank = 5\n"
    program = read(Source("a.py", text))
    statement = program.body[0]
    assert isinstance(statement, facts.Assign)
    assert isinstance(statement.value, facts.Constant)
    assert text[statement.value.at.start : statement.value.at.end] == "5"


words = st.sampled_from(["a", "rank", "naïve", "δ", "os.environ", "x.y.z"])
literals = st.sampled_from(["0", "-3", "'é'", '"𝄞 x"', "None", "True", "2.5", "'''a\nb'''"])
expressions = st.recursive(
    words | literals,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "*", "and", "==", "in"]), inner).map(lambda x: f"({' '.join(x)})"),
        st.lists(inner, max_size=3).map(lambda x: f"f({', '.join(x)})"),
        st.lists(inner, min_size=1, max_size=3).map(lambda x: f"[{', '.join(x)}]"),
        st.tuples(inner, inner).map(lambda x: f"{{{x[0]}: {x[1]}}}"),
        st.tuples(inner, inner, inner).map(lambda x: f"({x[0]} if {x[1]} else {x[2]})"),
    ),
    max_leaves=8,
)


@settings(max_examples=120, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["x = ", "", "return_ = é = ", "if q: z = "]), expressions), max_size=6))
def test_each_slice_of_the_source_is_the_text_of_its_node(lines: list[tuple[str, str]]) -> None:
    slices("".join(f"{head}{body}  # ß\n" for head, body in lines))


def test_definitions_know_where_their_names_stand() -> None:
    text = "@dec\nasync def   run(rank, *args, size=2, **kw):\n    yield rank\nclass Net(Base, metaclass=M): pass\n"
    program = read(Source("a.py", text))
    function, cls = program.body
    assert isinstance(function, facts.FunctionDef)
    assert isinstance(cls, facts.ClassDef)
    assert [text[node.name_at.start : node.name_at.end] for node in (function, cls)] == ["run", "Net"]
    assert function.generator
    assert [(one.name, one.kind) for one in function.parameters] == [
        ("rank", "either"), ("args", "args"), ("size", "keyword"), ("kw", "kwargs"),
    ]  # fmt: skip


def test_a_generator_within_a_function_does_not_make_it_one() -> None:
    program = read(Source("a.py", "def f():\n    def g():\n        yield 1\n    return lambda: (yield)\n"))
    function = program.body[0]
    assert isinstance(function, facts.FunctionDef)
    assert not function.generator


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("print 'hello'\n", "Python 2"),
        ("try:\n    pass\nexcept ValueError, error:\n    pass\n", "Python 2"),
        ("x = (1,\n", "never closed"),
        ("x = 1\0\n", "characters"),
        ("(" * 5_000 + ")" * 5_000, ""),
        ("x" + ".a" * 20_000, ""),
        ("x = 1\n" * (LARGEST // 6 + 1), "more than"),
    ],
)
def test_what_cannot_be_read_is_one_problem(text: str, says: str) -> None:
    program = read(Source("a.py", text))
    if says or not program.body:
        assert program.body == ()
        (problem,) = program.problems
        assert says in problem.message
        assert 0 <= problem.at.start <= problem.at.end <= len(text)


def test_many_pieces_added_up_do_not_nest_the_reader() -> None:
    text = "x = " + " + ".join(["a"] * 900) + "\n"
    assert read(Source("a.py", text)).problems == ()


def test_the_main_block_is_seen() -> None:
    assert read(Source("a.py", 'if "__main__" == __name__:\n    main()\n')).main
    assert not read(Source("a.py", "if name == '__main__':\n    main()\n")).main


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="this syntax is new in 3.12")
def test_syntax_that_is_newer_than_the_running_python_is_not_called_broken():
    newer = read(Source("new.py", "type Rank = int\n"))
    broken = read(Source("broken.py", "rank = = 1\n"))
    assert "newer Python" in newer.problems[0].message
    assert "newer" not in broken.problems[0].message
