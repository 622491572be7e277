"""`axolotl train`: what it starts, and by which settings the processes train.

The commands that it builds were read in `launch_training` of src/axolotl/cli/utils/train.py of axolotl 0.18.
"""

from __future__ import annotations

import pytest

from dtlint.job.launch import Launch
from dtlint.job.plan import Plan
from tests.test_jobs import run

FILE = """\
base_model: Qwen/Qwen3-8B
output_dir: out
micro_batch_size: 2
gradient_accumulation_steps: 4
"""


def launch(line: str) -> Launch | None:
    launches = run({"run.sh": f"#!/bin/bash\n{line} # python\n", "a.yaml": FILE}).launches
    return launches[0] if launches else None


def plan(line: str, more: str = "") -> Plan:
    job = run({"run.sh": f"#!/bin/bash\n{line}\n", "a.yaml": FILE + more})
    (found,) = [plan for plan in job.plans if plan.source == "axolotl"]
    return found


def test_accelerate_starts_the_training():
    started = launch("axolotl train a.yaml --num-processes 4 --micro-batch-size 8")
    assert started is not None
    assert started.tool == "accelerate"
    assert started.total.integer == 4
    words = [word.string for word in started.children[0].argv]
    assert words == ["python", "-m", "axolotl.cli.train", "a.yaml", "--micro-batch-size", "8"]


def test_options_behind_two_dashes_are_the_launchers():
    started = launch("axolotl train a.yaml --launcher torchrun -- --nproc_per_node=2 --nnodes=1")
    assert started is not None
    assert started.tool == "torchrun"
    assert started.total.integer == 2


def test_without_a_number_there_is_a_process_for_each_gpu():
    started = launch("axolotl train a.yaml")
    assert started is not None
    assert started.total.is_unknown


def test_an_endpoint_brings_c10d_and_an_id():
    started = launch("axolotl train a.yaml --launcher torchrun -- --nnodes 2 --rdzv_endpoint a:7")
    assert started is not None
    assert started.rendezvous.kind == "c10d"
    assert started.rendezvous.identity.is_unknown
    told = launch("axolotl train a.yaml --launcher torchrun -- --nnodes 2 --rdzv_endpoint a:7 --rdzv_id x")
    assert told is not None
    assert told.rendezvous.identity.string == "x"


@pytest.mark.parametrize(
    "line",
    [
        "axolotl preprocess a.yaml",
        "axolotl train a.yaml --cloud modal.yaml",
        "axolotl train a.yaml --sweep sizes.yaml",
        "axolotl train a.yaml --use-ray",
        "axolotl train a.yaml --launcher python",
        "axolotl train a.yaml --launcher $LAUNCHER",
        "axolotl train a.yaml $MORE",
        "axolotl train --num-processes 4 a.yaml",
        "axolotl train",
    ],
)
def test_nothing_is_claimed_of_other_commands(line: str):
    assert launch(line) is None


def test_options_take_the_place_of_settings():
    read = plan("axolotl train a.yaml --tensor-parallel-size 2 --context_parallel_size=4 --num-processes 8")
    assert (read.tensor.integer, read.context.integer) == (2, 4)


def test_the_former_name_of_context_parallelism_counts_where_the_new_one_is_not_set():
    assert plan("axolotl train a.yaml", "sequence_parallel_degree: 4\n").context.integer == 4
    both = "sequence_parallel_degree: 4\ncontext_parallel_size: 2\n"
    assert plan("axolotl train a.yaml", both).context.integer == 2


def test_the_trainer_gets_what_axolotl_makes_of_its_settings():
    read = plan("axolotl train a.yaml", "bf16: true\nfp16: true\n").process
    assert read is not None
    assert read.trainer is not None
    trainer = read.trainer
    assert (trainer.micro_batch.integer, trainer.accumulation.integer) == (2, 4)
    assert (trainer.bf16.constant, trainer.fp16.constant) == (True, False)
    given = plan("axolotl train a.yaml --gradient-accumulation-steps null --batch-size 16").process
    assert given is not None
    assert given.trainer is not None
    assert given.trainer.micro_batch.integer == 2


def test_who_starts_workers_by_ray_has_no_plan():
    job = run({"run.sh": "#!/bin/bash\naxolotl train a.yaml\n", "a.yaml": FILE + "use_ray: true\n"})
    assert not job.plans
