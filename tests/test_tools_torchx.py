"""`torchx run`: the numbers follow from its components, which tools/torchx.py names."""

from __future__ import annotations

import pytest

from tests.test_jobs import TRAIN, run, runs


def launches(command: str, files: dict[str, str] | None = None):
    job = run({"run.sh": f"#!/bin/bash\n{command}\n", "train.py": TRAIN, **(files or {})})
    return job, [launch for launch in job.launches if launch.tool == "torchrun"]


@pytest.mark.parametrize(
    ("command", "nodes", "each", "gpus"),
    [
        ("torchx run -s kubernetes dist.ddp -j 2x8 --gpu 8 --script train.py", 2, 8, 8),
        ("torchx run --scheduler slurm dist.ddp -j2x4 -h aws_p3.8xlarge --script train.py -- --epochs 3", 2, 4, 4),
        ("torchx run dist.ddp -j 1x4 --script train.py --epochs 3", 1, 4, None),
        ("torchx run dist.ddp -j 4 --script train.py", 1, 4, None),
        ("torchx run dist.ddp --script train.py", 1, 2, None),
        ("torchx run -s aws_batch -cfg queue=gpu dist.spmd -j 2x8 -h aws_p4d.24xlarge --script train.py", 2, 8, 8),
        ("torchx run -s kubernetes dist.ddp -j 2x8 -h of_our_own --script train.py", 2, 8, None),
    ],
)
def test_nodes_and_processes(command: str, nodes: int, each: int, gpus: int | None) -> None:
    job, found = launches(command)
    assert len(found) == nodes
    assert {(launch.nodes.integer, launch.per_node.integer) for launch in found} == {(nodes, each)}
    assert {launch.host.gpus.integer for launch in found} == {gpus}
    assert {process.script for process in job.processes} == {"train.py"}
    assert len(job.worlds) == 1
    assert job.worlds[0].first.total.integer == nodes * each


def test_arguments_and_variables() -> None:
    job, _ = launches("torchx run dist.ddp -j 1x2 --env NCCL_DEBUG=INFO,A=b --script train.py -- --epochs 3")
    assert [word.string for word in job.processes[0].arguments] == ["--epochs", "3"]
    assert job.processes[0].environment.get("NCCL_DEBUG").string == "INFO"
    assert job.processes[0].environment.get("A").string == "b"


def test_nodes_meet_at_the_first_one() -> None:
    _, found = launches("torchx run -s kubernetes dist.ddp -j 2x8 --rdzv_port 29600 --script train.py")
    assert {launch.rendezvous.port.integer for launch in found} == {29600}
    assert found[0].rendezvous.address.same(found[1].rendezvous.address)
    assert found[0].rendezvous.address.same(found[0].host.name)


@pytest.mark.parametrize(
    "command",
    [
        "torchx run dist.ddp -j 2x8 --script train.py",  # all nodes may be this machine
        "torchx run -s local_cwd dist.ddp -j 2x8 --script train.py",
        "torchx run -s slurm dist.ddp -j $SIZE --script train.py",
        "torchx run -s slurm dist.spmd -j 2 -h p4d --script train.py",
        "torchx run --dryrun dist.ddp -j 1x8 --script train.py",
        "torchx run components.py:mine --script train.py",
        "torchx run utils.echo --msg hi",
        "torchx builtins",
    ],
)
def test_what_is_not_followed(command: str) -> None:
    for job in runs({"run.sh": f"#!/bin/bash\n{command}\n", "train.py": TRAIN}):
        assert not job.launches
        assert not job.processes


def test_a_configuration_may_say_what_is_left_out() -> None:
    command = "torchx run dist.ddp --script train.py"
    files = {"run.sh": f"#!/bin/bash\n{command}\n", "train.py": TRAIN, ".torchxconfig": "[component:dist.ddp]\nj=2x8\n"}
    assert not [launch for job in runs(files) for launch in job.launches]
