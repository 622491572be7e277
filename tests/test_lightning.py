"""Lightning's own launcher and loop on paper; what each process finds was seen with Lightning 2.6 on two processes."""

from __future__ import annotations

import json

import pytest

from dtlint.job.process import Process
from dtlint.job.run import Run
from dtlint.job.site import Cluster
from dtlint.run.jobs import Jobs
from dtlint.value import absent
from tests.memory_files import MemoryFiles
from tests.test_jobs import run

SCRIPT = """\
    import os
    import lightning as L
    from lightning.pytorch.strategies import DDPStrategy

    class Model(L.LightningModule):
        def prepare_data(self):
            print("prepare")

        def setup(self, stage):
            print("setup", stage)

        def train_dataloader(self):
            return [1, 2, 3, 4, 5, 6]

        def training_step(self, batch, index):
            print("step")
            return self.layer(batch)

        def on_train_epoch_end(self):
            print("end")

    if __name__ == "__main__":
        print(os.environ.get("LOCAL_RANK", "none"))
        trainer = L.Trainer({asked})
        trainer.fit(Model())
        print(trainer.global_rank, trainer.world_size)
    """


def job(asked: str, **files: str) -> Run:
    beside = {name.replace("_", "."): text for name, text in files.items()}
    return run({"train.py": SCRIPT.replace("{asked}", asked), **beside})


def printed(process: Process) -> list[tuple[object, ...]]:
    assert process.run is not None
    return [
        tuple(thing.constant for thing in event.positional if hasattr(thing, "constant"))
        for event in process.run.called("print")
    ]


def test_a_trainer_for_several_devices_starts_the_script_once_for_each() -> None:
    first, second, last = job("accelerator='cpu', devices=4, strategy='ddp'").processes
    assert [process.rank.integer for process in (first, second, last)] == [0, 1, 3]
    # The first begins before Lightning has set anything; the others find their place.
    assert printed(first)[0] == ("none",)
    assert printed(last)[0] == ("3",)
    assert printed(first)[-1] == (0, 4)
    assert printed(last)[-1] == (3, 4)
    assert first.launch is not None
    assert first.launch.total.integer == 4


def test_only_the_first_process_of_a_node_prepares_the_data() -> None:
    first, second = job("accelerator='cpu', devices=2, strategy='ddp'").processes
    assert [words for words in printed(first) if words == ("prepare",)] == [("prepare",)]
    assert ("prepare",) not in printed(second)
    assert printed(second)[1:-1] == [("setup", "fit"), ("step",), ("end",)]


@pytest.mark.parametrize(
    ("asked", "processes"),
    [
        ("accelerator='gpu', devices=[0, 3], strategy='ddp'", 2),
        ("accelerator='gpu', devices=-1, strategy='ddp'", 2),
        ("accelerator='gpu', devices='auto', strategy='auto'", 2),
        ("accelerator='gpu', devices=2, strategy=DDPStrategy(find_unused_parameters=True)", 2),
        ("gpus=2, accelerator='ddp'", 2),
        ("accelerator='cpu', devices='auto', strategy='ddp'", 1),
        ("accelerator='gpu', devices=1, strategy='ddp'", 1),
        ("accelerator='gpu', devices=2, strategy='ddp_spawn'", 1),
        ("accelerator='gpu', devices=2, strategy=DDPStrategy(start_method='spawn')", 1),
        ("accelerator='gpu', devices=2", 1),
        ("accelerator='gpu', devices=int(os.environ['COUNT']), strategy='ddp'", 1),
        ("accelerator='gpu', devices=2, strategy=os.environ['STRATEGY']", 1),
    ],
)
def test_how_many_processes_a_trainer_starts_itself(asked: str, processes: int) -> None:
    assert len(job(asked).processes) == processes


def test_who_is_started_by_a_launcher_starts_nobody() -> None:
    asked = "accelerator='gpu', devices=2, strategy='ddp'"
    started = job(asked, run_sh="torchrun --nproc_per_node=2 train.py\n")
    assert {process.launch.tool for process in started.processes if process.launch is not None} == {"torchrun"}
    assert len(started.processes) == 2
    # Without srun Lightning finds Slurm's variables in the batch script and takes itself for one of its tasks.
    batch = job(asked, job_sbatch="#!/bin/bash\n#SBATCH --ntasks=2\npython train.py\n")
    assert [process.launch for process in batch.processes] == [None]


def test_fabric_starts_its_processes_when_it_is_launched() -> None:
    script = """\
        from lightning.fabric import Fabric

        def main(fabric, text):
            print(text, fabric.local_rank)

        fabric = Fabric(accelerator="cuda", devices=2, strategy="ddp")
        {launch}
        """
    first, second = run({"train.py": script.replace("{launch}", 'fabric.launch(main, "here")')}).processes
    assert printed(first) == [("here", 0)]
    assert printed(second) == [("here", 1)]
    assert len(run({"train.py": script.replace("{launch}", "print(fabric)")}).processes) == 1


def test_a_notebook_is_not_started_anew() -> None:
    lines = 'import lightning as L\nL.Trainer(accelerator="gpu", devices=2, strategy="ddp").fit(None)\n# .spawn('
    cells = [{"cell_type": "code", "source": lines, "metadata": {}, "outputs": [], "execution_count": None}]
    text = json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    files = MemoryFiles({"train.ipynb": text})
    jobs = Jobs(files=files, shells=[], scripts=[], cluster=Cluster(absent(), absent()), notebooks=["train.ipynb"])
    (only,) = jobs.runs()
    assert len(only.processes) == 1
