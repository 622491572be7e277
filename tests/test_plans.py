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


def test_verl_cuts_the_gpus_of_its_workers_up_for_its_engine():
    found = plan(
        {
            "run.sh": """\
                python3 -m verl.trainer.main_ppo data.train_batch_size=64 \\
                    actor_rollout_ref.rollout.tensor_model_parallel_size=4 \\
                    actor_rollout_ref.actor.ppo_mini_batch_size=16 trainer.n_gpus_per_node=2 trainer.nnodes=3 "$@"
                """,
        }
    )
    assert (found.size.integer, found.tensor.integer) == (6, 4)
    assert (found.mini_batch.integer, found.global_batch.integer) == (16, 64)


def test_openrlhf_puts_its_engines_on_the_gpus_of_the_actor_where_it_is_told_so():
    words = "--actor_num_nodes 2 --actor_num_gpus_per_node 4 --vllm_num_engines 4 --vllm_tensor_parallel_size 2"
    start = "ray job submit --address=http://127.0.0.1:8265 -- python3 -m openrlhf.cli.train_ppo_ray"
    found = plan({"run.sh": f"{start} {words} --colocate_all_models\n"})
    assert (found.size.integer, found.data.integer, found.tensor.integer) == (8, 4, 2)
    assert plans({"run.sh": f"{start} {words}\n"}) == []
    assert plans({"run.sh": f"{start} {words} --colocate_all_models --async_train\n"}) == []


def test_nanotrons_file_is_a_plan():
    found = plan(
        {
            "run.sh": "torchrun --nproc_per_node=8 run_train.py --config-file conf/tiny.yaml\n",
            "conf/tiny.yaml": """\
                general: {project: p, run: r}
                parallelism: {dp: 2, pp: 1, tp: 4, expert_parallel_size: null}
                tokens: {micro_batch_size: 2, sequence_length: 256}
                """,
        }
    )
    assert (found.data.integer, found.pipeline.integer, found.tensor.integer) == (2, 1, 4)
    assert place(found, "data") == "conf/tiny.yaml"


def test_a_batch_of_llm_foundry_is_for_all_processes_and_an_option_takes_its_place():
    files = {
        "run.sh": "composer -n 4 train.py conf/small.yaml global_train_batch_size=24\n",
        "conf/small.yaml": "max_duration: 10ba\nglobal_train_batch_size: 32\ndevice_train_microbatch_size: 8\n",
    }
    found = plan(files)
    assert (found.global_batch.integer, found.micro_batch.integer, found.world_size.integer) == (24, 1, 4)
    files["conf/small.yaml"] += "tp_config: {strategy: ffn}\n"
    assert plans(files) == []


def test_the_trainers_arguments_in_a_file_are_joined_with_the_classes_that_take_them():
    (found,) = plans(
        {
            "run.sh": "torchrun --nproc_per_node 2 train.py args.json\n",
            "train.py": """\
                import sys
                from dataclasses import dataclass
                from transformers import HfArgumentParser, Trainer, TrainingArguments
                @dataclass
                class Extra:
                    model: str = "gpt2"
                extra, arguments = HfArgumentParser((Extra, TrainingArguments)).parse_json_file(sys.argv[1])
                Trainer(extra.model, arguments).train()
                """,
            "args.json": '{"output_dir": "o", "per_device_train_batch_size": 8, "deepspeed": "ds.json"}',
            "ds.json": '{"train_micro_batch_size_per_gpu": 4, "zero_optimization": {"stage": 1}}',
        }
    )
    assert (found.micro_batch.integer, found.trainer.micro_batch.integer) == (4, 8)
    assert found.trainer.micro_batch.at.path == "args.json"


def test_a_program_that_is_not_here_takes_the_trainers_arguments_from_the_file_in_front():
    files = {
        "run.sh": "FORCE_TORCHRUN=1 NPROC_PER_NODE=2 llamafactory-cli train conf/sft.yaml\n",
        "conf/sft.yaml": "output_dir: o\nper_device_train_batch_size: 2\ndeepspeed: conf/z3.json\n",
        "conf/z3.json": '{"train_micro_batch_size_per_gpu": 1, "zero_optimization": {"stage": 3}}',
    }
    found, _ = plans(files)
    assert (found.zero_stage.integer, found.micro_batch.integer, found.trainer.micro_batch.integer) == (3, 1, 2)
    files["run.sh"] = files["run.sh"].rstrip() + " per_device_train_batch_size=1\n"
    found, _ = plans(files)
    assert found.trainer.micro_batch.integer == 1
    files["run.sh"] = "torchrun --nproc_per_node 2 -m other conf/sft.yaml per_device_train_batch_size=1\n"
    assert plan(files).trainer is None


def test_nemo_2_makes_its_strategy_and_its_trainer_in_the_script():
    text = """\
        from nemo import lightning as nl
        strategy = nl.MegatronStrategy(tensor_model_parallel_size=4, pipeline_model_parallel_size=2)
        trainer = nl.Trainer(devices={devices}, num_nodes=2, strategy=strategy)
        """
    found = plan({"run.sh": "python train.py\n", "train.py": text.format(devices=8)})
    assert (found.tensor.integer, found.pipeline.integer, found.size.integer) == (4, 2, 16)
    assert plan({"run.sh": "python train.py\n", "train.py": text.format(devices=-1)}).size.is_unknown


def test_what_is_wrong_with_a_file_goes_with_its_plan():
    command = "deepspeed --num_gpus 8 train.py --deepspeed_config ds.json\n"
    cut = JSON.removesuffix("}")
    (problem,) = plan({"run.sh": command, "train.py": ENGINE, "ds.json": cut}).problems
    assert (problem.at.path, "ends before" in problem.message) == ("ds.json", True)
    written = f"cat > ds.json <<'END'\n{cut}\nEND\n{command}"
    (problem,) = plan({"run.sh": written, "train.py": ENGINE}).problems
    assert problem.at.path == "run.sh"
    assert not plan({"run.sh": command, "train.py": ENGINE, "ds.json": JSON}).problems


@pytest.mark.parametrize(
    ("path", "text", "found"),
    [
        ("conf/ds_config.json", JSON, True),
        ("zero3.json", '{"zero_optimization": {"stage": 3}}', True),
        ("ds_config_TEMPLATE.json", JSON, False),
        ("model.json", JSON, False),
        ("ds_config.json", JSON.replace("}", "}  // for two nodes\n"), False),
        ("ds_config.json", '{"train_batch_size": 64, "model": "gpt2"}', False),
        ("ds_config.json", '[{"zero_optimization": {"stage": 3}}]', False),
    ],
)
def test_a_configuration_for_deepspeed_that_nobody_names_is_a_plan_of_its_own(path, text, found):
    files, cluster = MemoryFiles({path: text}), Cluster(absent(), absent())
    jobs = Jobs(files=files, shells=(), scripts=(), configurations=(path,), cluster=cluster)
    alone = [(plan.source, plan.at.path, plan.process) for run in jobs.runs() for plan in run.plans]
    assert alone == ([("deepspeed", path, None)] if found else [])
