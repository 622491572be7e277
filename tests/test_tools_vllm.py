"""vLLM: what `vllm serve` starts, and the degrees and heads of its engines."""

from __future__ import annotations

import pytest

from tests.test_jobs import run


def engine(line: str, **files: str) -> tuple[int | None, int | None, int | None]:
    job = run({"run.sh": f"#!/bin/bash\n{line} # python\n", **files})
    (plan,) = [plan for plan in job.plans if plan.source == "vllm"]
    return plan.tensor.integer, plan.heads.integer, plan.kv_heads.integer


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("vllm serve Qwen/Qwen2.5-7B-Instruct --tensor-parallel-size 8", (8, 28, 4)),
        ("vllm serve --model Qwen/Qwen3-14B -tp=4 --port 80", (4, 40, 8)),
        ("python -m vllm.entrypoints.openai.api_server --model a/Llama-3.2-3B --tensor_parallel_size 2", (2, 24, 8)),
        ("vllm serve my/Qwen2.5-70B --tensor-parallel-size 8", (8, None, None)),
        ("vllm serve Qwen/Qwen2.5-7B-Instruct --config c.yaml", (None, 28, 4)),
        ("vllm serve $MODEL --tensor-parallel-size $TP", (None, None, None)),
        ("vllm serve Qwen/Qwen2.5-7B-Instruct", (None, 28, 4)),
    ],
)
def test_what_the_command_says(line: str, found: tuple[int | None, int | None, int | None]):
    assert engine(line) == found


def test_the_configuration_in_the_workspace_counts_before_the_name():
    config = '{"text_config": {"num_attention_heads": 20, "num_key_value_heads": 5}}'
    assert engine("vllm serve out/Qwen2.5-7B -tp 4", **{"out/Qwen2.5-7B/config.json": config}) == (4, 20, 5)


def test_a_script_makes_the_engine():
    text = """\
        import torch
        from vllm import LLM
        engine = LLM("Qwen/Qwen2.5-1.5B", tensor_parallel_size=torch.cuda.device_count())
        """
    assert engine("CUDA_VISIBLE_DEVICES=0,1,2,3,4 python a.py", **{"a.py": text}) == (5, 12, 2)


def test_other_commands_serve_nothing():
    assert not run({"run.sh": "#!/bin/bash\nvllm bench serve --model a # python\n"}).launches
