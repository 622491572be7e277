"""The interpreter against Python itself: small pure programs must print what is predicted, wherever it is."""

from __future__ import annotations

import contextlib
import io
import warnings

from hypothesis import given, settings
from hypothesis import strategies as st
from scripts import printed, process

names = st.sampled_from(["a", "b", "c"])
numbers = st.integers(-9, 9).map(str)
texts = st.sampled_from(["''", "'x'", "'ab c'", "' 7 '"])


def expressions(depth: int) -> st.SearchStrategy[str]:
    simple = names | numbers | texts
    if depth == 0:
        return simple
    inner = expressions(depth - 1)
    return st.one_of(
        simple,
        st.tuples(inner, st.sampled_from(["+", "-", "*", "//", "%", "/"]), inner).map(lambda x: f"({' '.join(x)})"),
        st.tuples(inner, st.sampled_from(["==", "<", "!=", ">=", "in", "is not"]), inner).map(
            lambda x: f"({' '.join(x)})"
        ),
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(lambda x: f"({' '.join(x)})"),
        inner.map(lambda x: f"(not {x})"),
        inner.map(lambda x: f"str({x})"),
        inner.map(lambda x: f"len(str({x}))"),
        inner.map(lambda x: f"f'<{{{x}}}>'" if "'" not in x else f"str({x})"),
        inner.map(lambda x: f"str({x}).strip().upper()"),
        inner.map(lambda x: f"','.join([str({x}), 'z']).split(',')[0]"),
        st.tuples(inner, inner, inner).map(lambda x: f"({x[0]} if {x[1]} else {x[2]})"),
        st.tuples(inner, inner).map(lambda x: f"[{x[0]}, {x[1]}][len(str(a)) % 2]"),
        st.tuples(inner, inner).map(lambda x: f"f({x[0]}, y={x[1]})"),
        inner.map(lambda x: f"sum([i * 2 for i in range(3) if i != {x}])"),
    )


def blocks(depth: int) -> st.SearchStrategy[list[str]]:
    value = expressions(2)
    line = st.one_of(
        st.tuples(names, value).map(lambda x: [f"{x[0]} = {x[1]}"]),
        st.tuples(names, st.sampled_from("+-*"), value).map(lambda x: [f"{x[0]} {x[1]}= {x[2]}"]),
        value.map(lambda x: [f"print({x})"]),
    )
    if depth == 0:
        return line
    inner = st.lists(blocks(depth - 1), min_size=1, max_size=3)
    body = inner.map(lambda parts: ["    " + line for part in parts for line in part])
    return st.one_of(
        line,
        st.tuples(value, body, body).map(lambda x: [f"if {x[0]}:", *x[1], "else:", *x[2]]),
        st.tuples(st.integers(0, 9), body).map(lambda x: [f"for i in range({x[0]}):", *x[1]]),
        st.tuples(value, body).map(
            lambda x: ["for i in [1, 2, 3]:", f"    if {x[0]}:", "        continue", *x[1], "        "]
        ),
        st.tuples(body, body).map(lambda x: ["try:", *x[0], "except Exception:", *x[1]]),
    )


programs = st.lists(blocks(2), min_size=1, max_size=6).map(
    lambda parts: "\n".join(
        ["a, b, c = 1, 'q', 2", "def f(x, y=3):", "    if x:", "        return y", "    return x"]
        + [line for part in parts for line in part]
    )
    + "\n"
)


def really_printed(program: str) -> list[str] | None:
    """What Python prints; None if the program fails or runs wild."""
    out = io.StringIO()
    try:
        with contextlib.redirect_stdout(out), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            exec(compile(program, "p.py", "exec"), {"__name__": "__main__"})
    except Exception:
        return None
    return out.getvalue().split("\n")[:-1]


@settings(max_examples=250, deadline=None)
@given(programs)
def test_known_predictions_are_what_python_prints(program: str) -> None:
    real = really_printed(program)
    run = process(program)
    if real is None or run.truncated:
        return
    events = list(run.called("print"))
    if all(event.surely and not event.loops for event in events):
        assert len(events) == len(real), program
        for value, line in zip(printed(run), real, strict=True):
            if value.known:
                assert str(value.constant) == line, program
    else:
        # With loops that stand once and branches that are open, each sure and known line must still be printed.
        for event, value in zip(events, printed(run), strict=True):
            if event.surely and value.known and not event.loops:
                assert str(value.constant) in real, program


@settings(max_examples=120, deadline=None)
@given(programs, st.data())
def test_withholding_a_literal_never_turns_one_known_value_into_another(program: str, data: st.DataObject) -> None:
    places = [number for number, char in enumerate(program) if char.isdigit() and not program[number - 1].isalnum()]
    place = data.draw(st.sampled_from(places))
    if "def f" in program[place - 14 : place]:
        return
    fogged = "import os\n" + program[:place] + "int(os.environ['UNSET_X'])" + program[place + 1 :]
    clear, dim = process(program), process(fogged)
    if clear.failure or dim.failure or clear.truncated or dim.truncated:
        return
    known_before = {event.at.start: value for event, value in zip(clear.called("print"), printed(clear), strict=True)
                    if event.surely and not event.loops and not event.stack}  # fmt: skip
    shift = len("import os\n")
    grown = len("int(os.environ['UNSET_X'])") - 1
    counts: dict[int, int] = {}
    for event in clear.called("print"):
        counts[event.at.start] = counts.get(event.at.start, 0) + 1
    for event, value in zip(dim.called("print"), printed(dim), strict=True):
        start = event.at.start - shift
        start = start if start <= place else start - grown
        before = known_before.get(start)
        if before is not None and counts[start] == 1 and event.surely and not event.loops and value.known:
            assert before.known, (program, fogged)
            assert before.constant == value.constant, (program, fogged)
