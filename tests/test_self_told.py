"""Ranks that processes give themselves, and what Ray Train gives its workers (`make proofs` looks at the real ones)."""

from __future__ import annotations

import pytest

from dtlint.run.roster import rosters
from tests.test_jobs import run

BY_HAND = "for INDEX in 0 1; do\n  python train.py --index $INDEX &\ndone\nwait\n"
PARSER = "import argparse\nparser = argparse.ArgumentParser()\nparser.add_argument('--index', type=int)\n"
INDEX = f"{PARSER}index = parser.parse_args().index\n"


@pytest.mark.parametrize(
    ("call", "kind"),
    [
        ("import jax\njax.distributed.initialize('10.0.0.1:6000', 2, index)\n", "jax"),
        (
            "import torch.distributed as dist\n"
            "dist.init_process_group('gloo', init_method='tcp://10.0.0.1:6000', world_size=2, rank=index)\n",
            "static",
        ),
    ],
)
def test_processes_started_by_hand_have_the_ranks_that_they_say(call: str, kind: str) -> None:
    found = rosters(run({"run.sh": BY_HAND, "train.py": INDEX + call}))
    assert [(one.seats[0].ranks, one.size.integer, one.kind) for one in found] == [((0, 0), 2, kind), ((1, 1), 2, kind)]
    assert {(str(one.address), str(one.port)) for one in found} == {("10.0.0.1", "6000")}


def test_a_condition_hides_what_a_process_says() -> None:
    call = "import jax\nif index:\n    jax.distributed.initialize('10.0.0.1:6000', 2, index)\n"
    first, second = rosters(run({"run.sh": BY_HAND, "train.py": INDEX + call}))
    assert (first.seats[0].ranks, second.seats[0].ranks) == (None, (1, 1))


def test_jax_does_not_meet_where_the_launcher_says() -> None:
    script = (
        "import os, jax\n"
        "jax.distributed.initialize('10.0.0.1:6000', int(os.environ['WORLD_SIZE']), int(os.environ['RANK']))\n"
    )
    (one,) = rosters(run({"run.sh": "torchrun --nproc_per_node=2 --master_port=5000 train.py\n", "train.py": script}))
    assert (str(one.address), str(one.port)) == ("10.0.0.1", "6000")


def test_workers_of_ray_train_find_the_variables_of_torchrun() -> None:
    script = """
        from ray.train import ScalingConfig
        from ray.train.torch import TorchTrainer
        def work():
            pass
        TorchTrainer(work, scaling_config=ScalingConfig(num_workers=3)).fit()
        """
    job = run({"run.sh": "python train.py\n", "train.py": script})
    (worker,) = [process for process in job.processes if process.spawned_by is not None]
    assert worker.variable("WORLD_SIZE").string == "3"
    assert worker.variable("LOCAL_RANK").is_unknown
    assert worker.spawned_by.variable("LOCAL_RANK").is_absent
    (roster,) = [one for one in rosters(job) if one.tool == "ray"]
    assert (roster.size.integer, roster.nodes.is_absent) == (3, True)
