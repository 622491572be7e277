"""Command-line frameworks: what their entries are called with.  Expected values are those of click 8.5, typer 0.29,
fire 0.7, absl-py 2.5 and tyro 1.0, run on the same lines."""

from __future__ import annotations

from typing import Any

import pytest
from scripts import constants, printed, process, words

from dtlint.value import How

CLICK = """
import click

@click.group()
@click.option("--debug/--quiet", default=False)
def cli(debug):
    print(debug)

@cli.command()
@click.option("--lr", default=0.1)
@click.option("--n-gpus", "-n", "gpus", type=int, default=4)
@click.option("--tag", multiple=True)
@click.option("--size", nargs=2, type=int)
@click.option("--amp", is_flag=True)
@click.option("-v", count=True)
@click.option("--mode", type=click.Choice(["a", "b"]), default="a")
@click.option("--flag", type=bool, default=False)
@click.argument("data")
@click.argument("rest", nargs=-1)
def train_model(lr, gpus, tag, size, amp, v, mode, flag, data, rest):
    print({name})

if __name__ == "__main__":
    cli()
    print("never")
"""


@pytest.mark.parametrize(
    ("name", "line", "expected"),
    [
        ("lr", "train-model d", [False, 0.1]),
        ("lr", "--debug train-model d --lr 3", [True, 3.0]),
        ("gpus", "train-model d", [False, 4]),
        ("gpus", "train-model -n3 d", [False, 3]),
        ("tag[1]", "train-model d --tag x --tag y", [False, "y"]),
        ("len(tag)", "train-model d", [False, 0]),
        ("size[1]", "train-model --size 3 4 d", [False, 4]),
        ("size", "train-model d", [False, None]),
        ("amp", "train-model d --amp", [False, True]),
        ("v", "train-model d -vv", [False, 2]),
        ("v", "train-model d", [False, 0]),
        ("mode", "train-model d --mode b", [False, "b"]),
        ("flag", "train-model d --flag no", [False, False]),
        ("rest[1]", "train-model d e --amp f", [False, "f"]),
    ],
)
def test_click_gives_what_its_decorators_declare(name: str, line: str, expected: list[Any]) -> None:
    assert constants(process(CLICK.replace("{name}", name), arguments=words(*line.split()))) == expected


def test_click_refuses_options_that_are_not_declared_in_full() -> None:
    run = process(CLICK.replace("{name}", "lr"), arguments=words("train-model", "d", "--l", "3", "--local_rank=0"))
    parser = run.parsers[-1]
    assert not parser.open
    assert [word.string for word in parser.rejected] == ["--l", "--local_rank=0"]
    assert not parser.accepts("--l")


@pytest.mark.parametrize(
    "change",
    [
        ('@click.command()', '@click.command(context_settings={"ignore_unknown_options": True})'),
        ("@click.option", "@somewhere.options\n@click.option"),
    ],
)
def test_click_commands_are_open_where_more_may_be_accepted(change: tuple[str, str]) -> None:
    text = """
import click, somewhere
@click.command()
@click.option("--lr", default=0.1)
def main(lr):
    print(lr)
main()
""".replace(*change)
    run = process(text, arguments=words("--lr", "1"))
    assert run.parsers[-1].open
    assert constants(run) == [1.0]


def test_options_that_a_function_collects_and_contexts() -> None:
    text = """
import click

def common(function):
    for option in [click.option("--seed", default=3), click.option("--fast", is_flag=True)]:
        function = option(function)
    return function

@click.command()
@common
@click.pass_context
def main(ctx, seed, fast):
    print(seed); print(fast)
    ctx.invoke(other, size=2)

@click.command()
@click.option("--size", default=1)
@click.option("--depth", default=12)
def other(size, depth):
    print(size); print(depth)

main(standalone_mode=False)
print("on")
"""
    run = process(text, arguments=words("--seed", "5"))
    assert constants(run) == [5, False, 2, 12, "on"]
    assert not run.parsers[0].open


def test_trails_and_unknown_lines_of_click() -> None:
    text = """
import click
@click.command()
@click.option("--lr", default=0.1)
@click.option("--port", envvar="PORT", default="29500")
def main(lr, port):
    print(lr); print(port)
main()
"""
    (given, _) = printed(process(text, arguments=words("--lr", "1")))
    (missing, port) = printed(process(text, arguments=words(), environment={"PORT": "1"}))
    assert (given.trail[0].how, given.trail[0].text) == (How.OPTION, "--lr 1")
    assert missing.trail[0].how is How.DEFAULT
    assert text[missing.trail[0].at.start : missing.trail[0].at.end] == "default=0.1"
    assert port.constant == "1"
    assert constants(process(text, arguments=None)) == [..., ...]
    assert constants(process(text, arguments=None, defaults_hold=True))[0] == 0.1


TYPER = """
import typer
from typing import Annotated, List, Optional

app = typer.Typer()

@app.command()
def main(
    data: str,
    lr_rate: float = 0.1,
    amp: bool = False,
    n: Annotated[int, typer.Option("--num", "-n")] = 4,
    name: str = typer.Option("x", "--name", "-k"),
    tags: Optional[List[str]] = None,
    opt: Optional[int] = None,
    arg: str = typer.Argument("z"),
):
    print({name})

app()
print("never")
"""


@pytest.mark.parametrize(
    ("name", "line", "expected"),
    [
        ("data", "d", "d"),
        ("lr_rate", "d", 0.1),
        ("lr_rate", "d --lr-rate 3", 3.0),
        ("amp", "d --amp", True),
        ("amp", "d --no-amp", False),
        ("n", "d", 4),
        ("n", "d -n 2", 2),
        ("name", "d", "x"),
        ("name", "d -k y", "y"),
        ("tags[1]", "d --tags a --tags b", "b"),
        ("tags", "d", None),
        ("opt", "d --opt 3", 3),
        ("arg", "d", "z"),
        ("arg", "d q", "q"),
    ],
)
def test_typer_makes_options_of_parameters(name: str, line: str, expected: Any) -> None:
    text = TYPER.replace("{name}", name)
    assert constants(process(text, arguments=words(*line.split()))) == [expected]
    text = text.replace("app()\n", "typer.run(main)\n").replace("@app.command()\n", "")
    assert constants(process(text, arguments=words(*line.split()))) == [expected]


def test_typer_refuses_underscores_and_unknown_options() -> None:
    run = process(TYPER.replace("{name}", "n"), arguments=words("d", "--lr_rate", "1", "--local_rank=0"))
    assert [word.string for word in run.parsers[-1].rejected] == ["--lr_rate", "--local_rank=0"]


def test_typer_apps_of_several_commands() -> None:
    text = """
import typer
app = typer.Typer()
@app.command()
def train(steps: int = 10):
    print(steps)
@app.command("eval")
def evaluate(steps: int = 5):
    print(steps)
if __name__ == "__main__":
    app()
"""
    assert constants(process(text, arguments=words("train", "--steps", "3"))) == [3]
    assert constants(process(text, arguments=words("eval"))) == [5]
    assert process(text, arguments=None).unread


FIRE = """
import fire
def main(data, lr=0.1, amp=False, name="x", sizes=(1, 2), **rest):
    print({name})
fire.Fire(main)
"""


@pytest.mark.parametrize(
    ("name", "line", "expected"),
    [
        ("data", "d", "d"),
        ("data", "--data=3", 3),
        ("lr", "d", 0.1),
        ("lr", "d --lr 3", 3),
        ("lr", "d --lr=1e-3", 0.001),
        ("amp", "d --amp", True),
        ("amp", "d --amp=False", False),
        ("amp", "d --noamp", False),
        ("name", "d --name base-v1", "base-v1"),
        ("name", "d --name '\"7\"'", '"7"'),
        ("sizes[1]", "d", 2),
        ("sizes[1]", "d --sizes=[4,5]", 5),
    ],
)
def test_fire_reads_python_values(name: str, line: str, expected: Any) -> None:
    run = process(FIRE.replace("{name}", name), arguments=words(*line.split()))
    assert constants(run) == [expected]
    assert run.parsers[-1].open


def test_fire_chooses_functions_by_name() -> None:
    text = """
import fire
def train(steps=10):
    print(steps)
def test(steps=5):
    print(steps)
"""
    for component in ('{"train": train, "test": test}', ""):
        made = f"{text}fire.Fire({component})\n"
        assert constants(process(made, arguments=words("test", "--steps", "3"))) == [3]
        assert constants(process(made, arguments=words("train"))) == [10]
        assert process(made, arguments=None).unread


FLAGS = """
from absl import app, flags
FLAGS = flags.FLAGS
flags.DEFINE_integer("steps", 10, "help")
flags.DEFINE_bool("fast", True, "help")
RATE = flags.DEFINE_float("rate", 0.5, "help")
flags.DEFINE_string("name", None, "help")
flags.DEFINE_enum("mode", "a", ["a", "b"], "help")
def main(argv):
    print({name})
if __name__ == "__main__":
    app.run(main)
    print("never")
"""


@pytest.mark.parametrize(
    ("name", "line", "expected"),
    [
        ("FLAGS.steps", "", 10),
        ("FLAGS.steps", "--steps=3", 3),
        ("FLAGS.steps", "-steps 3", 3),
        ("FLAGS.fast", "--nofast", False),
        ("FLAGS.fast", "--fast", True),
        ("RATE.value", "", 0.5),
        ("RATE.value", "--rate 2", 2.0),
        ("flags.FLAGS.name", "", None),
        ("FLAGS.mode", "--mode b", "b"),
        ("FLAGS.other", "", ...),
    ],
)
def test_flags_of_absl(name: str, line: str, expected: Any) -> None:
    assert constants(process(FLAGS.replace("{name}", name), arguments=words(*line.split()))) == [expected]


def test_flags_that_the_script_sets() -> None:
    text = FLAGS.replace("    print({name})", "    FLAGS.steps = 7\n    print(FLAGS.steps)")
    assert constants(process(text, arguments=words("--steps=3"))) == [7]


TYRO = """
import tyro
from dataclasses import dataclass, field
@dataclass
class Optimizer:
    lr: float = 0.1
@dataclass
class Config:
    steps: int = 10
    amp: bool = False
    optimizer: Optimizer = field(default_factory=Optimizer)
config = tyro.cli(Config)
print(config.{name})
"""


@pytest.mark.parametrize(
    ("name", "line", "expected"),
    [
        ("steps", "", 10),
        ("steps", "--steps 3", 3),
        ("amp", "--amp", True),
        ("amp", "--no-amp", False),
        ("optimizer.lr", "", 0.1),
        ("optimizer.lr", "--optimizer.lr 3", 3.0),
    ],
)
def test_tyro_fills_dataclasses(name: str, line: str, expected: Any) -> None:
    assert constants(process(TYRO.replace("{name}", name), arguments=words(*line.split()))) == [expected]
