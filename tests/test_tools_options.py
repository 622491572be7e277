"""Command lines: against Python's own argparse and getopt, and with words that are not known."""

from __future__ import annotations

import argparse
import getopt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dtlint.run.word import Piece, Word
from dtlint.source import Span
from dtlint.tools import slurm
from dtlint.tools.options import Option, Options, Spec, flag, option, parse
from dtlint.value import unknown

AT = Span("run.sh", 0, 0)

LIKE_ARGPARSE = Spec(
    (option("--nnodes"), option("--nproc"), option("--log-dir"), option("--pair", values=2), flag("--standalone"))
)
LIKE_GETOPT = Spec(
    (option("-N", "--nodes"), option("-n", "--ntasks"), flag("-l", "--label"), flag("-u", "--unbuffered")),
    joined=True,
)


def words(*texts: str) -> list[Word]:
    return [Word((Piece(text, AT),), AT, text) for text in texts]


def hidden(name: str = "$X", many: bool = False) -> Word:
    return Word((Piece(unknown(name), AT),), AT, name, many=many)


def values(options: Options) -> dict[str, list[str | None]]:
    """The last values of each option that is given."""
    return {name: [word.string for word in each[-1].values] for name, each in options.given.items()}


def strings(options: Options) -> list[str | None]:
    return [word.string for word in options.rest]


VALUE = st.sampled_from(["1", "8", "a", "x=y", "host:1", "logs"])
SHORTENED = {"--nnodes": "--nn", "--nproc": "--np", "--log-dir": "--log", "--pair": "--pa", "--standalone": "--sta"}


@st.composite
def argparse_options(draw: st.DrawFn) -> list[str]:
    known = draw(st.sampled_from(LIKE_ARGPARSE.options))
    name = known.names[0]
    spelt = draw(st.sampled_from([name, SHORTENED[name]]))
    if known.values == 1 and draw(st.booleans()):
        return [f"{spelt}={draw(VALUE)}"]
    return [spelt, *(draw(VALUE) for _ in range(known.values))]


COMMAND = st.lists(argparse_options(), max_size=5)
PROGRAM = st.sampled_from(["train.py", "dir/train.py", "run"])
ARGUMENTS = st.lists(st.sampled_from(["--lr", "1", "--nnodes", "2", "a", "-x"]), max_size=4)


@given(COMMAND, PROGRAM, ARGUMENTS)
def test_options_are_read_as_argparse_reads_them(given_options, program, arguments):
    parser = argparse.ArgumentParser()
    for each in LIKE_ARGPARSE.options:
        if each.values:
            parser.add_argument(*each.names, nargs=each.values)
        else:
            parser.add_argument(*each.names, action="store_const", const=[])
    parser.add_argument("program")
    parser.add_argument("rest", nargs=argparse.REMAINDER)
    line = [word for each in given_options for word in each] + [program, *arguments]
    wanted = vars(parser.parse_args(line))
    found = parse(words(*line), LIKE_ARGPARSE)
    assert strings(found) == [wanted.pop("program"), *wanted.pop("rest")]
    assert values(found) == {
        f"--{name.replace('_', '-')}": value for name, value in wanted.items() if value is not None
    }
    assert found.strange == found.hidden == ()


GETOPT_WORDS = st.sampled_from(
    [
        *(["-l"], ["-u"], ["-lu"], ["-N4"], ["-N", "4"], ["-luN4"], ["-uN", "4"], ["-n8"], ["--ntasks", "8"]),
        *(["--nodes=4"], ["--nodes", "4"], ["--no", "4"], ["--label"], ["--unb"]),
    ]
)


@given(st.lists(GETOPT_WORDS, max_size=5), st.sampled_from([[], ["--"]]), PROGRAM, ARGUMENTS)
def test_options_are_read_as_getopt_reads_them(given_options, end, program, arguments):
    line = [word for each in given_options for word in each] + end + [program, *arguments]
    pairs, rest = getopt.getopt(line, "N:n:lu", ["nodes=", "ntasks=", "label", "unbuffered"])
    names = {name: each.names[0] for each in LIKE_GETOPT.options for name in each.names}
    found = parse(words(*line), LIKE_GETOPT)
    assert strings(found) == rest
    assert values(found) == {names[name]: [value] if value else [] for name, value in pairs}


@settings(max_examples=300)
@given(COMMAND, st.sampled_from(["train.py", "dir/train.py"]), ARGUMENTS, st.data())
def test_hiding_a_word_only_hides(given_options, program, arguments, data):
    line = [word for each in given_options for word in each] + [program, *arguments]
    seen = parse(words(*line), LIKE_ARGPARSE)
    index = data.draw(st.integers(0, len(line) - 1))
    fogged = words(*line)
    fogged[index] = hidden(many=data.draw(st.booleans()))
    found = parse(fogged, LIKE_ARGPARSE)
    assert not set(found.given) - set(seen.given)
    assert not found.rest or found.rest[0].string in (None, program)
    for name, each in values(found).items():
        assert all(value in (None, *words_given(seen, name)) for value in each)


def words_given(options: Options, name: str) -> list[str | None]:
    return [word.string for each in options.given[name] for word in each.values]


def test_a_hidden_word_makes_absent_options_unknown():
    found = parse([hidden(many=True), *words("train.py")], LIKE_ARGPARSE)
    assert found.value("--nnodes").is_unknown
    assert strings(found) == ["train.py"]
    assert parse(words("train.py"), LIKE_ARGPARSE).value("--nnodes").is_absent


@pytest.mark.parametrize("many", [False, True])
def test_a_hidden_program_hides_its_arguments(many):
    found = parse([*words("--nproc", "2"), hidden(many=many), *words("--nnodes", "4")], LIKE_ARGPARSE)
    assert set(found.given) == {"--nproc"}
    assert found.value("--nnodes").is_unknown
    assert strings(found) == [None, "--nnodes", "4"]
    assert not found.rest[0].many


@pytest.mark.parametrize(
    ("line", "rest"),
    [
        ("--new 4 train.py", ["train.py"]),
        ("--new train.py", ["train.py"]),
        ("--new python train.py", ["python", "train.py"]),
        ("--new=4 python3.11 train.py", ["python3.11", "train.py"]),
        ("--new some/where train.py", ["train.py"]),
        ("--new bin/program a", ["bin/program", "a"]),
    ],
)
def test_an_option_that_is_not_known_does_not_swallow_the_program(line, rest):
    found = parse(words(*line.split()), LIKE_ARGPARSE)
    assert strings(found) == rest
    assert [each.name for each in found.strange] == ["--new"]


@pytest.mark.parametrize(
    ("line", "value"), [("--switch a", None), ("--switch=3 a", "3"), ("-K a", None), ("-K1 a", "1")]
)
def test_a_value_that_may_be_left_out_stands_in_the_same_word(line, value):
    found = parse(words(*line.split()), Spec((Option(("--switch", "-K"), optional=True),), joined=True))
    assert values(found) == {"--switch": [value] if value else []}
    assert strings(found) == ["a"]


def test_a_value_joined_to_its_letter_may_be_unknown():
    word = Word((Piece("-N", AT), Piece(unknown("$N"), AT)), AT, "-N$N")
    found = parse([word, *words("python")], LIKE_GETOPT)
    assert values(found) == {"-N": [None]}
    assert strings(found) == ["python"]


def test_options_behind_positional_words_where_the_command_permits():
    found = parse(words("a", "--nnodes", "2", "b"), Spec(LIKE_ARGPARSE.options, interspersed=True))
    assert strings(found) == ["a", "b"]
    assert values(found) == {"--nnodes": ["2"]}


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("--ntask-per-node", "--ntasks-per-node"),
        ("--ntasks_per_node", "--ntasks-per-node"),
        ("--gpsu-per-node", "--gpus-per-node"),
        ("--gpus-per-nodes", "--gpus-per-node"),
        ("--partitoin", "--partition"),
        ("--nvmps", ""),
        ("--mme", ""),
    ],
)
def test_an_option_that_is_nearly_one(written: str, meant: str):
    assert slurm.SBATCH.nearest(written) == meant
