"""Plans: what configurations, scripts and command lines say of the work, in the same words whoever says it."""

from __future__ import annotations

import textwrap

import pytest

from dtlint.job.plan import Plan
from dtlint.job.site import Cluster
from dtlint.run.jobs import Jobs
from dtlint.value import absent
from tests.memory_files import MemoryFiles

ENGINE = """\
import argparse
import deepspeed
import torch
parser = deepspeed.add_config_arguments(argparse.ArgumentParser())
parser.add_argument("--local_rank", type=int, default=0)
args = parser.parse_args()
model = torch.nn.Linear(2, 2)
engine, *_ = deepspeed.initialize(args=args, model=model, model_parameters=model.parameters())
"""
TRAINER = """\
from transformers import HfArgumentParser, Trainer, TrainingArguments
(arguments,) = HfArgumentParser(TrainingArguments).parse_args_into_dataclasses()
Trainer(args=arguments).train()
"""
JSON = '{"train_batch_size": 64, "train_micro_batch_size_per_gpu": 4, "fp16": {"enabled": true}}'


def plans(files: dict[str, str]) -> list[Plan]:
    texts = {path: textwrap.dedent(text) for path, text in files.items()}
    jobs = Jobs(
        files=MemoryFiles(texts),
        shells=sorted(path for path in texts if path.endswith(".sh")),
        scripts=sorted(path for path in texts if path.endswith(".py")),
        cluster=Cluster(absent(), absent()),
    )
    return [plan for run in jobs.runs() for plan in run.plans]


def plan(files: dict[str, str]) -> Plan:
    (only,) = plans(files)
    return only


def place(found: Plan, name: str) -> str:
    return getattr(found, name).at.path


def test_a_file_named_by_an_option_is_a_plan_whose_values_point_into_it():
    found = plan(
        {
            "run.sh": "deepspeed --num_gpus 8 train.py --deepspeed_config conf/ds.json\n",
            "train.py": ENGINE,
            "conf/ds.json": JSON,
        }
    )
    assert (found.global_batch.integer, found.micro_batch.integer) == (64, 4)
    assert found.accumulation.is_absent
    assert (found.fp16.known, found.bf16.is_absent) == (True, True)
    assert place(found, "global_batch") == "conf/ds.json"
    assert found.data_parallel.integer == 8
    assert found.direct


def test_a_dictionary_in_the_script_is_a_plan_with_what_the_script_puts_in():
    found = plan(
        {
            "run.sh": "deepspeed --num_gpus 2 --no_local_rank train.py 16\n",
            "train.py": """\
                import sys
                import deepspeed
                import torch
                config = {"train_micro_batch_size_per_gpu": "auto", "gradient_accumulation_steps": 3}
                config["train_micro_batch_size_per_gpu"] = int(sys.argv[1])
                model = torch.nn.Linear(2, 2)
                deepspeed.initialize(model=model, model_parameters=model.parameters(), config=config)
                """,
        }
    )
    assert (found.micro_batch.integer, found.accumulation.integer) == (16, 3)


def test_what_one_side_of_a_branch_puts_into_a_dictionary_is_not_known():
    found = plan(
        {
            "run.sh": "deepspeed --num_gpus 2 --no_local_rank train.py $KIND\n",
            "train.py": """\
                import sys
                import deepspeed
                import torch
                config = {"train_micro_batch_size_per_gpu": 4}
                if sys.argv[1] == "half":
                    config["fp16"] = {"enabled": True}
                model = torch.nn.Linear(2, 2)
                deepspeed.initialize(model=model, model_parameters=model.parameters(), config=config)
                """,
        }
    )
    assert found.fp16.is_unknown


def test_a_here_document_is_read_with_its_holes_unknown():
    found = plan(
        {
            "run.sh": """\
                MICRO=4
                cat <<EOF > ds.json
                {"train_batch_size": $GLOBAL, "train_micro_batch_size_per_gpu": $MICRO}
                EOF
                deepspeed --num_gpus 8 train.py --deepspeed_config ds.json
                """,
            "train.py": ENGINE,
        }
    )
    assert found.micro_batch.integer == 4
    assert found.global_batch.is_unknown


def test_what_the_trainer_fills_in_is_unknown_and_what_it_is_asked_for_stands_beside_it():
    found = plan(
        {
            "run.sh": "torchrun --nproc_per_node=8 train.py --bf16 --per-device-train-batch-size=2 --deepspeed a.json",
            "train.py": TRAINER,
            "a.json": """\
                {"train_batch_size": "auto", "train_micro_batch_size_per_gpu": 4, "bf16": {"enabled": "auto"}}
                """,
        }
    )
    assert found.global_batch.is_unknown
    assert found.bf16.is_unknown
    assert not found.direct
    asked = found.trainer
    assert asked is not None
    assert (asked.micro_batch.integer, asked.bf16.known and asked.bf16.constant) == (2, True)
    assert (asked.accumulation.integer, asked.fp16.constant) == (1, False)


@pytest.mark.parametrize("more", ['"$@"', "$EXTRA", '"$ONE"'])
def test_options_that_are_not_seen_leave_the_trainers_defaults_open(more: str):
    found = plan(
        {
            "run.sh": f"torchrun --nproc_per_node=8 train.py --bf16 True --deepspeed a.json {more}\n",
            "train.py": TRAINER,
            "a.json": '{"train_micro_batch_size_per_gpu": 4}',
        }
    )
    assert found.trainer is not None
    assert found.trainer.micro_batch.is_unknown
    assert found.trainer.bf16.constant is True


def test_model_parallelism_hides_the_data_parallel_degree():
    found = plan(
        {
            "run.sh": "deepspeed --num_gpus 8 train.py --deepspeed_config ds.json\n",
            "train.py": ENGINE.replace("model=model,", "model=model, mpu=grid(),"),
            "ds.json": JSON,
        }
    )
    assert found.data_parallel.is_unknown


def test_a_megatron_program_is_known_by_its_options_wherever_it_is():
    found = plan(
        {
            "run.sh": """\
                SIZE="--num-layers 32 --num_attention_heads 24 --group-query-attention --num-query-groups 8"
                torchrun --nnodes=1 --nproc_per_node=8 pretrain_gpt.py --tensor-model-parallel-size 2 \\
                  --pipeline-model-parallel-size 2 --micro-batch-size 1 --global-batch-size 16 $SIZE --data-path corpus
                """
        }
    )
    assert (found.tensor.integer, found.pipeline.integer, found.replica.integer) == (2, 2, 4)
    assert (found.layers.integer, found.heads.integer, found.kv_heads.integer) == (32, 24, 8)
    assert found.data_parallel.integer == 2
    assert found.sequence_parallel.is_absent


@pytest.mark.parametrize("more", ["--decoder-first-pipeline-num-layers 7", '"$@"', "$MORE"])
def test_layers_that_may_be_split_in_another_way_are_unknown(more: str):
    found = plan(
        {
            "run.sh": "torchrun --nproc_per_node=8 pretrain_gpt.py --pipeline-model-parallel-size 4 --num-layers 30 "
            f"--micro-batch-size 1 {more}\n"
        }
    )
    assert found.layers.is_unknown


def test_two_megatron_names_do_not_make_a_megatron_program():
    assert plans({"run.sh": "torchrun --nproc_per_node=8 train.py --seq-length 8 --micro-batch-size 1\n"}) == []


SAVES = """\
from accelerate import Accelerator
accelerator = Accelerator(%s)
"""
YAML = """\
distributed_type: DEEPSPEED
num_machines: 1
num_processes: 8
deepspeed_config:
"""


def launched(settings: str, options: str = "", plugin: str = "") -> dict[str, str]:
    return {
        "run.sh": f"accelerate launch --config_file a.yaml {options} train.py\n",
        "a.yaml": YAML + settings,
        "train.py": SAVES % plugin,
        "zero.json": '{"zero_optimization": {"stage": 3, "stage3_gather_16bit_weights_on_model_save": true}}',
    }


@pytest.mark.parametrize(
    ("settings", "options", "stage", "gathers"),
    [
        ("  zero_stage: 3\n", "", 3, False),
        ("  zero_stage: 3\n  zero3_save_16bit_model: true\n", "", 3, True),
        ("  zero_stage: 2\n", "--zero_stage 3 --zero3_save_16bit_model true", 3, True),
        ("  deepspeed_config_file: zero.json\n", "", 3, True),
    ],
)
def test_accelerate_is_told_of_deepspeed_by_its_own_file_and_options(settings, options, stage, gathers):
    found = plan(launched(settings, options))
    assert (found.zero_stage.integer, found.gathers_on_save.constant) == (stage, gathers)


def test_a_plugin_of_the_script_or_a_file_that_is_not_here_says_nothing_that_was_read():
    assert plans(launched("  zero_stage: 3\n", plugin="deepspeed_plugin=plugin")) == []
    assert plans(launched("  deepspeed_config_file: elsewhere.json\n")) == []


def test_what_is_wrong_with_a_file_goes_with_its_plan():
    command = "deepspeed --num_gpus 8 train.py --deepspeed_config ds.json\n"
    cut = JSON.removesuffix("}")
    (problem,) = plan({"run.sh": command, "train.py": ENGINE, "ds.json": cut}).problems
    assert (problem.at.path, "ends before" in problem.message) == ("ds.json", True)
    written = f"cat > ds.json <<'END'\n{cut}\nEND\n{command}"
    (problem,) = plan({"run.sh": written, "train.py": ENGINE}).problems
    assert problem.at.path == "run.sh"
    assert not plan({"run.sh": command, "train.py": ENGINE, "ds.json": JSON}).problems
