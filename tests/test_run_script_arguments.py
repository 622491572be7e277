"""Command lines: what parsers accept, and what each option gets."""

from __future__ import annotations

from typing import Any

import pytest
from scripts import constants, printed, process, words

from dtlint.value import How

PARSER = """
import argparse
def flag(text):
    return text.lower() in ("yes", "true")
p = argparse.ArgumentParser()
p.add_argument("data")
p.add_argument("-b", "--batch-size", default=256, type=int)
p.add_argument("--lr", default="0.1", type=float)
p.add_argument("--ids", nargs="+", type=int, default=[0])
p.add_argument("--amp", action="store_true")
p.add_argument("--no-shuffle", dest="shuffle", action="store_false")
p.add_argument("--sync", type=flag, default=True)
p.add_argument("--tune", action=argparse.BooleanOptionalAction, default=True)
p.add_argument("--local-rank", "--local_rank", type=int, default=-1)
p.set_defaults(extra=9)
args = p.parse_args()
print(args.{name})
"""


@pytest.mark.parametrize(
    ("name", "line", "expected"),
    [
        ("data", "d", "d"),
        ("batch_size", "d", 256),
        ("batch_size", "d --batch-size 32", 32),
        ("batch_size", "d --batch-size=32", 32),
        ("batch_size", "d -b 32", 32),
        ("batch_size", "d -b32", 32),
        ("batch_size", "--batch 16 d", 16),
        ("batch_size", "d -b 1 -b 2", 2),
        ("lr", "d", 0.1),
        ("lr", "d --lr -3", -3.0),
        ("amp", "d", False),
        ("amp", "d --amp", True),
        ("shuffle", "d", True),
        ("shuffle", "d --no-shuffle", False),
        ("sync", "d --sync no", False),
        ("tune", "d --no-tune", False),
        ("local_rank", "d --local_rank=3", 3),
        ("local_rank", "d --local-rank 4", 4),
        ("extra", "d", 9),
        ("ids[1]", "d --ids 4 5 --amp", 5),
    ],
)
def test_options_get_what_argparse_gives_them(name: str, line: str, expected: Any) -> None:
    text = PARSER.replace("{name}", name)
    assert constants(process(text, arguments=words(*line.split()))) == [expected]


def test_trails_name_the_option_or_its_default() -> None:
    text = PARSER.replace("{name}", "batch_size")
    (given,) = printed(process(text, arguments=words("d", "--batch-size", "64")))
    (missing,) = printed(process(text, arguments=words("d")))
    assert (given.trail[0].how, given.trail[0].text) == (How.OPTION, "--batch-size 64")
    assert given.trail[0].at.path == "job.sh"
    assert missing.trail[0].how is How.DEFAULT
    assert text[missing.trail[0].at.start : missing.trail[0].at.end] == "default=256"


def test_unknown_command_lines_withhold_every_option_unless_defaults_hold() -> None:
    text = PARSER.replace("{name}", "batch_size")
    assert constants(process(text, arguments=None)) == [...]
    assert constants(process(text, arguments=None, defaults_hold=True)) == [256]


def test_defaults_under_which_the_script_fails_are_given_up() -> None:
    text = """
import argparse
p = argparse.ArgumentParser()
p.add_argument("--train", action="store_true")
p.add_argument("--size", type=int, default=8)
args = p.parse_args()
if not args.train:
    raise ValueError("say --train")
print(args.size)
"""
    run = process(text, arguments=None, defaults_hold=True)
    assert constants(run) == [8]
    assert constants(process(text, arguments=())) == [], "with a command line that is known, it does fail"


def test_what_a_parser_accepts() -> None:
    text = PARSER.replace("{name}", "lr")
    run = process(text, arguments=words("d", "--local_ranks", "1"))
    (parser,) = run.parsers
    assert not parser.open
    assert [word.string for word in parser.rejected][:1] == ["--local_ranks"]
    assert parser.accepts("--local_rank")
    assert parser.accepts("--batch")
    assert not parser.accepts("--local_ranks")


@pytest.mark.parametrize(
    "change",
    [
        ("parse_args()", "parse_known_args()[0]"),
        ("args = p", "import helper\nhelper.more(p)\nargs = p"),
        ("args = p", "p.add_argument(*names())\nargs = p"),
    ],
)
def test_a_parser_is_open_where_more_may_be_accepted(change: tuple[str, str]) -> None:
    run = process(PARSER.replace("{name}", "lr").replace(*change), arguments=words("d"))
    assert run.parsers[0].open
    assert constants(run) == [0.1]


def test_parents_groups_and_parsers_of_other_modules() -> None:
    text = """
import argparse
from options import base
p = argparse.ArgumentParser(parents=[base()])
g = p.add_argument_group("model")
g.add_argument("--layers", type=int, default=12)
m = g.add_mutually_exclusive_group()
m.add_argument("--fast", action="store_true")
args = p.parse_args()
print(args.seed); print(args.layers); print(args.fast)
"""
    options = "import argparse\ndef base():\n    p = argparse.ArgumentParser(add_help=False)\n"
    options += "    p.add_argument('--seed', type=int, default=1)\n    return p\n"
    run = process(text, files={"options.py": options}, arguments=words("--layers", "3", "--seed", "5", "--fast"))
    assert constants(run) == [5, 3, True]


def test_dataclasses_as_options() -> None:
    text = """
from dataclasses import dataclass, field
from transformers import HfArgumentParser, TrainingArguments
@dataclass
class ModelArguments:
    name: str = field(default="gpt2", metadata={"help": "x"})
    layers: int = field(default=4)
model_args, training_args = HfArgumentParser((ModelArguments, TrainingArguments)).parse_args_into_dataclasses()
print(model_args.name); print(model_args.layers)
"""
    run = process(text, arguments=words("--layers", "8", "--output_dir", "out"))
    assert constants(run) == ["gpt2", 8]
    assert run.parsers[-1].open


def test_functions_as_commands() -> None:
    text = "import fire\ndef main(lr: float = 0.1, epochs: int = 3):\n    print(epochs)\nfire.Fire(main)\n"
    assert constants(process(text, arguments=words("--epochs=7"))) == [7]
    assert constants(process(text, arguments=())) == [3]


def test_deepspeed_adds_its_own_options() -> None:
    text = "import argparse, deepspeed\np = argparse.ArgumentParser()\n"
    text += "p.add_argument('--local_rank', type=int)\np = deepspeed.add_config_arguments(p)\nargs = p.parse_args()\n"
    text += "print(args.deepspeed_config)\n"
    run = process(text, arguments=words("--deepspeed", "--deepspeed_config", "ds.json", "--local_rank=0"))
    assert constants(run) == ["ds.json"]
    assert not run.parsers[0].rejected


def test_words_of_which_the_number_is_not_known_withhold_what_is_not_given() -> None:
    word = words("$EXTRA")[0]
    many = type(word)(word.pieces, word.at, word.written, word.trail, True)
    text = PARSER.replace("{name}", "batch_size")
    assert constants(process(text, arguments=(*words("d"), many))) == [...]
    assert constants(process(text, arguments=(*words("d", "-b", "4"), many))) == [4]


def test_the_number_of_arguments_is_known_where_they_are() -> None:
    text = """
import sys
if len(sys.argv) == 2 and sys.argv[1].endswith(".json"):
    print("file")
else:
    print("options")
"""
    assert constants(process(text, arguments=words("a.json"))) == ["file"]
    assert constants(process(text, arguments=words("--lr", "1"))) == ["options"]
    assert len(constants(process(text, arguments=None))) == 2


REQUIRED = """
import argparse
parser = argparse.ArgumentParser()
parser.add_argument("--out", default=None, required=True)
parser.add_argument("--node_rank", type=int, required=True)
args = parser.parse_args()
print(args.out, args.out is None)
print(args.node_rank)
"""


def test_what_must_be_given_is_not_its_default_and_one_command_gives_it_to_all() -> None:
    first, other = (printed(process(REQUIRED, scope=("train.py", rank), defaults_hold=True)) for rank in (0, 1))
    assert first[0].is_unknown
    assert first[0].same(other[0])
    assert first[1].is_unknown
    assert not first[1].same(other[1])
