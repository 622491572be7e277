"""How many attention heads a pretrained model has: by its `config.json` in the workspace, or by its name on the hub."""

from __future__ import annotations

import re
from typing import Final

from dtlint.job.process import Process
from dtlint.run.files import Files
from dtlint.tools.deepspeed_config import document
from dtlint.value import How, Step, Value, absent, known

_NAMED: Final = tuple((re.compile(rf"(?:{pattern})(?=$|[-_])", re.IGNORECASE), heads) for pattern, heads in (
    (r"Qwen2(?:\.5)?-(?:Coder-|Math-)?0\.5B", (14, 2)),
    (r"(?:Qwen2(?:\.5)?-(?:Coder-|Math-)?|R1-Distill-Qwen-)1\.5B|Qwen2-VL-2B", (12, 2)),
    (r"Qwen2\.5-(?:Coder-|VL-)?3B", (16, 2)),
    (r"Qwen2(?:\.5)?-(?:Coder-|Math-|VL-)?7B|R1-Distill-Qwen-7B", (28, 4)),
    (r"Qwen2\.5-(?:Coder-)?14B|R1-Distill-Qwen-14B|Qwen2\.5-(?:Coder-)?32B|R1-Distill-Qwen-32B|QwQ-32B", (40, 8)),
    (r"Qwen2(?:\.5)?-(?:Math-|VL-)?72B", (64, 8)),
    (r"Qwen3-(?:0\.6|1\.7)B", (16, 8)),
    (r"Qwen3-[48]B", (32, 8)),
    (r"Qwen3-14B", (40, 8)),
    (r"Qwen3-32B", (64, 8)),
    (r"Qwen3-30B-A3B", (32, 4)),
    (r"Qwen3-235B-A22B", (64, 4)),
    (r"Llama-2-7b", (32, 32)),
    (r"Llama-2-13b", (40, 40)),
    (r"Llama-2-70b|Llama-3(?:\.[13])?-70B|R1-Distill-Llama-70B", (64, 8)),
    (r"Llama-3(?:\.1)?-8B|Llama-3\.2-1B|R1-Distill-Llama-8B|Mistral-7B|Mixtral-8x7B", (32, 8)),
    (r"Llama-3\.2-3B", (24, 8)),
    (r"Mixtral-8x22B", (48, 8)),
    (r"gemma-2-2b", (8, 4)),
    (r"gemma-2-9b", (16, 8)),
    (r"gemma-2-27b", (32, 16)),
))  # fmt: skip
"""Attention heads and key-value heads, by the names of models and of what is made of them: `num_attention_heads` and
`num_key_value_heads` of their config.json on huggingface.co."""


def heads(model: Value, process: Process, files: Files) -> tuple[Value, Value]:
    """Attention heads and key-value heads of the model that is named, each absent where it is not known."""
    name = model.string
    if name is None:
        return absent(), absent()
    record = document(f"{name.rstrip('/')}/config.json", process, files)
    if record is not None:
        text = record.field("text_config")
        text = record if text.is_absent else text
        return text.field("num_attention_heads").as_int(), text.field("num_key_value_heads").as_int()
    at = model.at if model.trail else process.at
    for pattern, (queries, groups) in _NAMED:
        if pattern.search(name.rstrip("/").rpartition("/")[2]):
            step = Step(How.COMPUTED, f"{name} has {queries} attention heads in {groups} groups", at)
            return known(queries, step), known(groups, step)
    return absent(), absent()
