"""What LightningCLI makes of its command line: each expectation was seen with Lightning 2.6 and jsonargparse 4.53."""

from __future__ import annotations

import pytest

from dtlint.job.run import Run
from dtlint.run.script.trace import Event
from tests.test_jobs import run

SCRIPT = """\
    from lightning.pytorch import LightningDataModule, LightningModule
    from lightning.pytorch.cli import LightningCLI

    class M(LightningModule):
        def __init__(self, lr: float = 0.1, width: int = 3):
            print("M", lr, width)

        def training_step(self, batch, index):
            print("step")

    class D(LightningDataModule):
        def __init__(self, batch_size: int = 8):
            print("D", batch_size)

        def train_dataloader(self):
            return [1, 2]

    class Own(LightningCLI):
        pass

    if __name__ == "__main__":
        cli = CALL
    """
A = """\
    seed_everything: 3
    trainer: {devices: 2, max_epochs: 5, accelerator: cpu, strategy: ddp}
    model: {lr: 0.5}
    data: {batch_size: 4}
    """
B = """\
    trainer: {devices: 1}
    model: {width: 7}
    """
OBJECTS = """\
    trainer:
      devices: 2
      accelerator: cpu
      strategy:
        class_path: lightning.pytorch.strategies.DDPStrategy
        init_args: {find_unused_parameters: true}
    model:
      class_path: main.M
      init_args: {lr: 0.7}
    """


def job(line: str, call: str = "LightningCLI(M, D)") -> Run:
    files = {"main.py": SCRIPT.replace("CALL", call), "a.yaml": A, "b.yaml": B, "c.yaml": OBJECTS}
    return run({**files, "run.sh": f"#!/bin/bash\npython main.py {line}\n"})


def trainer(found: Run) -> Event | None:
    ran = found.processes[0].run
    assert ran is not None
    return next(ran.called("lightning.pytorch.Trainer"), None)


def printed(found: Run) -> list[str]:
    ran = found.processes[0].run
    assert ran is not None
    return [" ".join(str(thing) for thing in event.positional) for event in ran.called("print")]


@pytest.mark.parametrize(
    ("line", "devices", "module"),
    [
        ("fit --config a.yaml", 2, "M 0.5 3"),
        ("fit --trainer.devices 3 --config a.yaml", 2, "M 0.5 3"),
        ("fit --config a.yaml --trainer.devices 3", 3, "M 0.5 3"),
        ("fit --config a.yaml --config b.yaml", 1, "M 0.5 7"),
        ("fit -c a.yaml --trainer.devices=1 --model.lr=0.9", 1, "M 0.9 3"),
    ],
)
def test_what_stands_later_holds(line: str, devices: int, module: str):
    found = job(line)
    made = trainer(found)
    assert made is not None
    assert made.argument("devices").as_int().integer == devices
    assert printed(found)[:2] == [module, "D 4"]


def test_the_subcommand_runs_and_starts_the_other_processes():
    found = job("fit --config a.yaml")
    assert [process.rank.integer for process in found.processes] == [0, 1]
    assert "step" in printed(found)
    assert [launch.tool for launch in found.launches] == ["lightning"]


def test_the_place_of_a_setting_is_where_it_is_written():
    made = trainer(job("fit --config a.yaml --trainer.num_nodes 1"))
    assert made is not None
    assert made.argument_at("devices").path == "a.yaml"
    assert made.argument_at("num_nodes").path == "run.sh"


def test_a_class_path_is_an_object():
    found = job("fit --config c.yaml", "LightningCLI(subclass_mode_model=True)")
    made = trainer(found)
    assert made is not None
    strategy = getattr(made.thing("strategy"), "made_by", None)
    assert strategy is not None
    assert strategy.method == "DDPStrategy"
    assert strategy.argument("find_unused_parameters").constant is True
    assert printed(found)[0] == "M 0.7 3"


def test_without_run_the_script_calls_the_trainer_itself():
    call = "LightningCLI(M, D, run=False); cli.trainer.fit(cli.model, datamodule=cli.datamodule)"
    found = job("--config a.yaml", call)
    assert "step" in printed(found)
    ran = found.processes[0].run
    assert ran is not None
    assert ran.complete


def test_defaults_of_the_trainer_hold_where_nothing_else_is_said():
    made = trainer(job("fit --trainer.devices 2", 'LightningCLI(M, trainer_defaults={"devices": 4, "num_nodes": 2})'))
    assert made is not None
    assert (made.argument("devices").integer, made.argument("num_nodes").integer) == (2, 2)


@pytest.mark.parametrize(
    ("line", "call"),
    [
        ("fit --config a.yaml", "Own(M, D)"),
        ("fit --config missing.yaml", "LightningCLI(M, D)"),
        ("fit --config a.yaml $MORE", "LightningCLI(M, D)"),
        ("$COMMAND --config a.yaml", "LightningCLI(M, D)"),
        ("--config a.yaml", "LightningCLI(M, D)"),
        ("fit --config a.yaml --print_config", "LightningCLI(M, D)"),
        ("fit --trainer all.yaml", "LightningCLI(M, D)"),
        ("fit", 'LightningCLI(M, D, parser_kwargs={"default_config_files": ["a.yaml"]})'),
    ],
)
def test_what_is_not_known_makes_no_trainer(line: str, call: str):
    assert trainer(job(line, call)) is None


def test_of_an_option_within_an_object_nothing_is_known():
    made = trainer(job("fit --trainer.strategy DDPStrategy --trainer.strategy.find_unused_parameters true"))
    assert made is not None
    assert made.argument("strategy").is_unknown
