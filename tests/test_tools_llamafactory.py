"""LLaMA-Factory: by which settings its processes train, and which of them it refuses.

What it checks was read in `get_train_args` of src/llamafactory/hparams/parser.py, v0.9.0 to v0.9.5.
"""

from __future__ import annotations

import pytest

from tests.test_jobs import run

FILE = """\
model_name_or_path: Qwen/Qwen3-8B
stage: sft
do_train: true
finetuning_type: lora
template: qwen3
output_dir: out
"""
STAGES = {f"z{stage}.json": f'{{"zero_optimization": {{"stage": {stage}}}}}\n' for stage in (2, 3)}
SEVERAL = "FORCE_TORCHRUN=1 NPROC_PER_NODE=4 llamafactory-cli train a.yaml"


def refused(line: str, more: str = "", **files: str) -> list[str]:
    job = run({"run.sh": f"#!/bin/bash\n{line}\n", "a.yaml": FILE + more, **STAGES, **files})
    plans = [plan for plan in job.plans if plan.source == "llamafactory"]
    return [conflict.reason for plan in plans for conflict in plan.conflicts if conflict.when.surely]


@pytest.mark.parametrize(
    "line",
    [
        "CUDA_VISIBLE_DEVICES=0 llamafactory-cli train a.yaml",
        "CUDA_VISIBLE_DEVICES=0 lmf train a.yaml",
        "FORCE_TORCHRUN=0 CUDA_VISIBLE_DEVICES=2 llamafactory-cli train a.yaml",
        "python src/train.py a.yaml",
    ],
)
def test_deepspeed_wants_torchrun(line: str):
    (reason,) = refused(line, "deepspeed: z2.json\n")
    assert reason.startswith("DeepSpeed wants torchrun")


def test_several_gpus_want_several_processes():
    assert refused("CUDA_VISIBLE_DEVICES=0,1 python src/train.py a.yaml")[0].startswith("2 GPUs want")
    assert not refused("CUDA_VISIBLE_DEVICES=0 python src/train.py a.yaml")
    assert not refused("CUDA_VISIBLE_DEVICES=0,1 torchrun --nproc_per_node 2 src/train.py a.yaml")


@pytest.mark.parametrize(
    "line",
    [
        "llamafactory-cli train a.yaml",
        "CUDA_VISIBLE_DEVICES=0,1 llamafactory-cli train a.yaml",
        "FORCE_TORCHRUN=$FORCED CUDA_VISIBLE_DEVICES=0 llamafactory-cli train a.yaml",
        "CUDA_VISIBLE_DEVICES=$1 llamafactory-cli train a.yaml",
        "CUDA_VISIBLE_DEVICES=0 USE_RAY=1 llamafactory-cli train a.yaml",
        "torchrun --standalone --nproc_per_node 1 src/train.py a.yaml",
        "deepspeed --num_gpus 1 src/train.py a.yaml",
        "accelerate launch src/train.py a.yaml",
        "CUDA_VISIBLE_DEVICES=0 llamafactory-cli train a.yaml deepspeed=null",
        "CUDA_VISIBLE_DEVICES=0 llamafactory-cli train a.yaml $MORE",
        "python other.py a.yaml",
    ],
)
def test_torchrun_may_have_started_it(line: str):
    assert not refused(line, "deepspeed: z2.json\n")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ("predict_with_generate: true", "predict_with_generate is incompatible"),
        ("pure_bf16: true", "pure_bf16 is incompatible"),
        ("pissa_init: true", "pissa_init needs"),
        ("use_galore: true", "GaLore is incompatible"),
        ("quantization_bit: 8", "only a model of 4 bits"),
        ("quantization_bit: 4\nquantization_method: hqq", "quantization by hqq"),
        ("model_name_or_path: a/Qwen2.5-7B-Instruct-AWQ", "DeepSpeed ZeRO-3 is incompatible"),
        ("model_name_or_path: unsloth/Qwen3-8B-bnb-4bit", "DeepSpeed ZeRO-3 is incompatible"),
        ("quantization_bit: 4", ""),
        ("quantization_bit: null", ""),
        ("model_name_or_path: a/gptq-tools/Qwen3-8B-FP8", ""),
        ("predict_with_generate: false", ""),
    ],
)
def test_what_stage_3_does_not_go_with(settings: str, said: str):
    found = refused(SEVERAL, f"deepspeed: z3.json\n{settings}\n")
    assert [reason for reason in found if reason.startswith(said)] == found
    assert len(found) == bool(said)


def test_less_is_refused_under_stage_2():
    more = "deepspeed: z2.json\npredict_with_generate: true\nquantization_bit: 8\n"
    assert not refused(SEVERAL, more)


def test_fsdp_by_accelerate_does_not_go_with_quantized_weights():
    line = "accelerate launch --config_file fsdp.yaml src/train.py a.yaml"
    config = "distributed_type: FSDP\nnum_processes: 2\nnum_machines: 1\nfsdp_config:\n  fsdp_offload_params: true\n"
    model = "model_name_or_path: a/Llama-GPTQ-Int4\n"
    assert [reason.partition(" ")[0] for reason in refused(line, model, **{"fsdp.yaml": config})] == ["FSDP"]
    assert not refused(line, **{"fsdp.yaml": config})


def test_layerwise_optimizers_are_for_one_process():
    layerwise = "finetuning_type: full\nuse_galore: true\ngalore_layerwise: true\n"
    assert "layer-wise GaLore" in refused(SEVERAL, layerwise)[0]
    assert not refused("CUDA_VISIBLE_DEVICES=0 llamafactory-cli train a.yaml", layerwise)
    badam = "finetuning_type: full\nuse_badam: true\n"
    assert "wants DeepSpeed ZeRO-3" in refused(SEVERAL, badam)[0]
    assert not refused(SEVERAL, f"{badam}deepspeed: z3.json\n")
    assert "by ratio" in refused(SEVERAL, f"{badam}badam_mode: ratio\n")[0]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ("eval_strategy: epoch", "by epoch and by steps"),
        ("save_strategy: epoch", "by no and by epoch"),
        ("eval_strategy: steps\neval_steps: 300", "500 is none of 300"),
        ("eval_strategy: steps\nlogging_steps: 300", "500 is none of 300"),
        ("evaluation_strategy: steps\nsave_steps: 50\neval_steps: 100", "50 is none of 100"),
        ("eval_strategy: steps\neval_steps: 250", ""),
        ("eval_strategy: steps\nlogging_steps: 10", ""),
        ("eval_strategy: epoch\nsave_strategy: best", ""),
        ("eval_strategy: epoch\nsave_strategy: epoch\nsave_steps: 7\neval_steps: 3", ""),
        ("eval_strategy: steps\nsave_steps: 0.5\neval_steps: 0.3", ""),
        ("stage: rm\neval_strategy: steps", "stage rm does not support"),
    ],
)
def test_the_best_model_is_saved_when_it_is_evaluated(settings: str, said: str):
    found = refused("llamafactory-cli train a.yaml", f"load_best_model_at_end: true\n{settings}\n")
    assert [reason for reason in found if said in reason] == found
    assert len(found) == bool(said)


def test_a_release_that_is_pinned_may_check_other_things():
    more = "deepspeed: z3.json\npure_bf16: true\n"
    assert refused(SEVERAL, more)
    assert not refused(SEVERAL, more, **{"requirements.txt": "llamafactory==0.8.0\n"})


def test_a_word_behind_the_file_takes_the_place_of_a_setting():
    more = "deepspeed: z3.json\npure_bf16: true\n"
    assert not refused(f"{SEVERAL} pure_bf16=false", more)
    assert refused(f"{SEVERAL} pure_bf16=true", "deepspeed: z3.json\n")
