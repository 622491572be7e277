"""The tables of `dtlint ranks` against what the real launchers give their processes: `make proofs`.

Several nodes are several launchers on this host, which meet on the loopback interface.
"""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from dtlint.run.roster import Roster, rosters
from tests.cpu import outcome, slurm
from tests.test_jobs import run
from tests.test_proofs import BIN, FILES, HOST, OWN, PROBE, rank_of, started

pytestmark = pytest.mark.proofs

TORCHRUN = "torchrun --nnodes={} --node_rank={} --nproc_per_node={} --master_addr=127.0.0.1 --master_port={} probe.py"
TWO_MACHINES = (
    "accelerate launch --multi_gpu --num_machines 2 --num_processes 4 --machine_rank {} --main_process_ip 127.0.0.1 "
    "--main_process_port 29634 probe.py"
)
MPI = "mpirun --allow-run-as-root --bind-to none"
JOBS = {
    "torchrun, two nodes": "".join(f"{TORCHRUN.format(2, node, 2, 29631)} &\n" for node in (0, 1)) + "wait\n",
    "torchrun, three nodes": "".join(f"{TORCHRUN.format(3, node, 1, 29632)} &\n" for node in (0, 1, 2)) + "wait\n",
    "torchrun in a loop": f"for NODE in 0 1; do\n  {TORCHRUN.format(2, '$NODE', 2, 29633)} &\ndone\nwait\n",
    "torchrun, one node": "torchrun --nproc_per_node=4 --master_port=29635 probe.py\n",
    "accelerate, two machines": "".join(f"{TWO_MACHINES.format(machine)} &\n" for machine in (0, 1)) + "wait\n",
    "accelerate, one machine": ("accelerate launch --multi_gpu --num_processes 3 --main_process_port 29636 probe.py\n"),
    "deepspeed, one node": "deepspeed --num_gpus 3 --master_port 29637 probe.py\n",
    "deepspeed, some GPUs": (
        "deepspeed --hostfile hosts --include localhost:1,3 --master_addr 127.0.0.1 --master_port 29638 --no_ssh "
        "--node_rank 0 probe.py\n"
    ),
    "mpirun, slots": f"{MPI} -np 3 -H {HOST}:3 python probe.py\n",
    "mpirun, oversubscribed": f"{MPI} -np 5 --oversubscribe python probe.py\n",
}
LOCAL = ("LOCAL_RANK", "OMPI_COMM_WORLD_LOCAL_RANK")
SIZE = ("WORLD_SIZE", "OMPI_COMM_WORLD_SIZE")


def first(environment: dict[str, str], names: tuple[str, ...]) -> int:
    return int(next(environment[name] for name in names if name in environment))


def laid_out(roster: Roster) -> dict[int, tuple[int, int]]:
    """Node and local rank by rank; a row of many is spread over its nodes."""
    places: dict[int, tuple[int, int]] = {}
    for seat in roster.seats:
        assert seat.ranks is not None
        width = seat.local[1] - seat.local[0] + 1
        for count, rank in enumerate(range(seat.ranks[0], seat.ranks[1] + 1)):
            places[rank] = (seat.nodes[0] + count // width, seat.local[0] + count % width)
    return places


@pytest.mark.parametrize("title", JOBS)
def test_the_table_is_what_the_launcher_deals_out(title: str, tmp_path: Path) -> None:
    if shutil.which(re.split(r"\W", title, maxsplit=1)[0], path=str(BIN)) is None:
        pytest.skip("not installed")
    files = {**FILES, "run.sh": JOBS[title]}
    real = {int(rank_of(each["env"])): each["env"] for each in started(files, tmp_path)}
    found = rosters(run({**files, "probe.py": PROBE}))
    assert found
    places: dict[int, tuple[int, int]] = {}
    for roster in found:
        places |= laid_out(roster)
        assert roster.size.integer in (None, len(real))
        agree_on_the_endpoint(roster, real)
    assert set(places) <= set(real)
    if all(roster.complete for roster in found):
        assert set(places) == set(range(len(real)))
    for rank, (_, local) in places.items():
        assert (local, len(real)) == (first(real[rank], LOCAL), first(real[rank], SIZE)), rank


def agree_on_the_endpoint(roster: Roster, real: dict[int, dict[str, str]]) -> None:
    known: dict[str, Any] = {
        "MASTER_ADDR": roster.address.as_text().string,
        "MASTER_PORT": roster.port.as_text().string,
    }
    for name, value in known.items():
        if value is not None:
            assert {environment[name] for environment in real.values()} == {value}, name


def test_nodes_of_a_large_world_are_numbered_as_torchrun_numbers_them(tmp_path: Path) -> None:
    """`GROUP_RANK` is the node, as each launcher is told it by hand on its own host."""
    if shutil.which("torchrun", path=str(BIN)) is None:
        pytest.skip("not installed")
    files = {"run.sh": "".join(f"{TORCHRUN.format(3, node, 2, 29639)} &\n" for node in range(3)) + "wait\n"}
    real = {int(rank_of(each["env"])): each["env"] for each in started(files, tmp_path)}
    (roster,) = rosters(run({"run.sh": TORCHRUN.format(3, 0, 2, 29639) + "\n", "probe.py": PROBE}))
    assert roster.complete
    expected = {rank: (int(found["GROUP_RANK"]), int(found["LOCAL_RANK"])) for rank, found in real.items()}
    assert laid_out(roster) == expected


# -- JAX: what each process says of itself, against the table

SAYS = """
import os
from jax import device_count, local_device_count, process_count, process_index
said = process_index(), process_count(), local_device_count(), device_count()
os.write(1, ("joined %d %d %d %d\\n" % said).encode())
"""
JAX_ARGUMENTS = """\
import argparse

import jax

parser = argparse.ArgumentParser()
parser.add_argument("--index", type=int)
parser.add_argument("--count", type=int)
args = parser.parse_args()
jax.distributed.initialize("127.0.0.1:29651", num_processes=args.count, process_id=args.index)
"""
JAX_VARIABLES = """\
import os

import jax

jax.distributed.initialize(
    coordinator_address="127.0.0.1:{port}",
    num_processes=int(os.environ["{size}"]),
    process_id=int(os.environ["{rank}"]),
)
"""
JAX_FINDS_OUT = "import jax\n\njax.distributed.initialize()\n"
JAX_JOBS = {
    "started one by one": (
        "run.sh",
        "for INDEX in 0 1 2; do\n  python train.py --index $INDEX --count 3 &\ndone\nwait\n",
        JAX_ARGUMENTS,
    ),
    "mpirun": (
        "run.sh",
        f"{MPI} -np 3 --oversubscribe python train.py\n",
        JAX_VARIABLES.format(port=29652, size="OMPI_COMM_WORLD_SIZE", rank="OMPI_COMM_WORLD_RANK"),
    ),
    "torchrun": (
        "run.sh",
        "torchrun --nproc_per_node=2 --master_port=29654 train.py\n",
        JAX_VARIABLES.format(port=29653, size="WORLD_SIZE", rank="RANK"),
    ),
    "srun": (
        "job.sbatch",
        "#!/bin/bash\n#SBATCH --nodes=2\n#SBATCH --ntasks-per-node=2\nsrun python train.py\n",
        JAX_FINDS_OUT,
    ),
}


@pytest.mark.parametrize("title", JAX_JOBS)
def test_the_table_is_what_jax_says_of_its_processes(title: str, tmp_path: Path) -> None:
    pytest.importorskip("jax")
    path, command, script = JAX_JOBS[title]
    files = {path: command, "train.py": script}
    result = outcome({**files, **slurm(command if path == "job.sbatch" else ""), "train.py": script + SAYS},
                     f"bash {path}", tmp_path, 200)  # fmt: skip
    assert result.passed, str(result)
    said = [tuple(map(int, words.split())) for words in re.findall(r"^joined (.*)$", result.output, re.M)]
    found = rosters(run(files))
    seats = [seat for roster in found for seat in roster.seats]
    assert all(roster.size.integer == len(said) for roster in found)
    assert sorted(seat.ranks[0] for seat in seats if seat.ranks is not None) == sorted(index for index, *_ in said)
    assert {count for _, count, _, _ in said} == {len(seats)}
    assert {(here, all_of_them) for *_, here, all_of_them in said} == {(1, len(seats))}
    addresses = {f"{roster.address}:{roster.port}" for roster in found if not roster.address.is_absent}
    assert addresses == set(re.findall(r"127\.0\.0\.1:\d+", script))


# -- Ray Train: what each worker says of itself and finds

RAY = """\
import json
import os

import ray
import ray.train
from ray.train import RunConfig, ScalingConfig
from ray.train.torch import TorchTrainer


def train():
    worker = ray.train.get_context()
    said = {"rank": worker.get_world_rank(), "size": worker.get_world_size(), "local": worker.get_local_rank()}
    said["environment"] = dict(os.environ)
    with open(f"{os.environ['HOME']}/{said['rank']}.json", "w") as out:
        json.dump(said, out)


ray.init(num_cpus=4, include_dashboard=False)
TorchTrainer(
    train, scaling_config=ScalingConfig(num_workers=3), run_config=RunConfig(storage_path=os.environ["HOME"])
).fit()
"""


def test_the_workers_of_ray_train_find_what_is_said_of_them(tmp_path: Path) -> None:
    pytest.importorskip("ray.train")
    result = outcome({"train.py": RAY}, "python train.py", tmp_path, 400)
    assert result.passed, str(result)
    said = [json.loads(path.read_text()) for path in sorted(tmp_path.glob("[0-9].json"))]
    job = run({"run.sh": "python train.py\n", "train.py": RAY})
    workers = [process for process in job.processes if process.launch is not None and process.launch.tool == "ray"]
    (roster,) = [roster for roster in rosters(job) if roster.tool == "ray"]
    assert [worker["rank"] for worker in said] == list(range(len(said)))
    assert {worker["size"] for worker in said} == {roster.size.integer} == {len(said)}
    assert workers
    for process in workers:
        for name in OWN:
            value = process.variable(name)
            for real in (worker["environment"] for worker in said):
                assert not (value.is_absent and name in real), name
                assert value.string is None or real.get(name) == value.string, name


LIGHTNING = """\
import json, os

import lightning as L
import torch

found = dict(os.environ)


class Model(L.LightningModule):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(2, 1)
        self.prepared = False

    def prepare_data(self):
        self.prepared = True

    def train_dataloader(self):
        return torch.utils.data.DataLoader(torch.ones(12, 2), batch_size=2)

    def training_step(self, batch, index):
        return self.layer(batch).mean()

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), 0.1)


model = Model()
quiet = {"logger": False, "enable_checkpointing": False}
trainer = L.Trainer(accelerator="cpu", devices=3, strategy="ddp", max_epochs=1, **quiet)
trainer.fit(model)
said = {"size": trainer.world_size, "local": trainer.local_rank, "prepared": model.prepared, "environment": found}
with open(f"{found['HOME']}/{trainer.global_rank}.json", "w") as out:
    json.dump(said, out)
"""


def test_the_copies_that_lightning_starts_find_what_is_said_of_them(tmp_path: Path) -> None:
    pytest.importorskip("lightning")
    result = outcome({"train.py": LIGHTNING}, "python train.py", tmp_path, 400)
    assert result.passed, str(result)
    said = [json.loads(path.read_text()) for path in sorted(tmp_path.glob("[0-9].json"))]
    job = run({"run.sh": "python train.py\n", "train.py": LIGHTNING})
    (roster,) = rosters(job)
    assert roster.size.integer == len(said) == 3
    assert [one["local"] for one in said] == [local for _, local in sorted(laid_out(roster).values())]
    for process in job.processes:
        real = said[process.local]
        assert real["prepared"] == (process.local == 0)
        for name in OWN:
            value = process.environment.get(name)
            assert not (value.is_absent and name in real["environment"]), name
            assert value.string is None or real["environment"].get(name) == value.string, name
