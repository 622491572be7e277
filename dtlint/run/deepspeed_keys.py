"""Keys of a DeepSpeed configuration that DeepSpeed does not read where they stand.

It asks its dictionary for the keys that it knows and never looks at others (`_initialize_params` and the getters of
deepspeed/runtime/config.py; names in the constants.py beside it, read in 0.19.8), so that people and frameworks may put
keys of their own there.  What is told here is a key of DeepSpeed on another level, or spelt in another way.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import Final

from dtlint.facts.script import Import, ImportFrom
from dtlint.record import record
from dtlint.run.script.trace import ScriptRun
from dtlint.run.zero_settings import NAMES, TOP
from dtlint.value import Fields, Value

ZERO: Final = "zero_optimization"
OTHERS: Final = frozenset((
    "bfloat16", "amp", "torch_autocast", "fp32_allreduce", "allgather_size", "sparse_attention", "max_train_batch_size",
    "seq_parallel_communication_data_type", "gradient_allreduce_op", "gradient_accumulation_dtype", "pipeline",
    "managed_gradient_accumulation",
))  # fmt: skip
"""Keys of DeepSpeed, now or before, that look like one of these and are not."""
SECTIONS: Final = {
    ZERO: NAMES - {"stage"},
    "fp16": frozenset(("initial_scale_power", "loss_scale_window", "hysteresis", "min_loss_scale")),
    "activation_checkpointing": frozenset((
        "partition_activations", "cpu_checkpointing", "contiguous_memory_optimization", "number_checkpoints",
        "synchronize_checkpoint_boundary",
    )),
}  # fmt: skip
"""Keys that have one section alone, by section."""
ARGUMENTS: Final = {
    "optimizer": frozenset(("lr", "betas", "eps", "weight_decay", "momentum", "bias_correction", "amsgrad",
                            "adam_w_mode", "torch_adam", "freeze_step", "max_coeff", "min_coeff")),
    "scheduler": frozenset(("warmup_min_lr", "warmup_max_lr", "warmup_num_steps", "warmup_type", "total_num_steps",
                            "warmup_min_ratio", "cos_min_ratio", "cycle_min_lr", "cycle_max_lr", "decay_lr_rate",
                            "cycle_first_step_size", "last_batch_iteration", "lr_range_test_min_lr",
                            "lr_range_test_step_size", "lr_range_test_step_rate", "lr_range_test_staircase")),
}  # fmt: skip
"""Arguments that are read below `params` of these sections."""
ALIKE: Final = 0.88
SHORT: Final = 8
"""Letters below which a word that is alike may be any other."""
FOREIGN: Final = frozenset(("eval", "valid", "val", "test", "max", "min", "initial", "target", "actor", "critic"))
"""Words that make a key one of another thing."""
WORDS: Final = {"grad": "gradient", "accum": "accumulation", "acc": "accumulation", "accumulate": "accumulation",
                "step": "steps", "clip": "clipping", "device": "gpu"}  # fmt: skip

CORES: Final = (
    (frozenset(("micro", "batch")), "train_micro_batch_size_per_gpu"),
    (frozenset(("batch", "per", "gpu")), "train_micro_batch_size_per_gpu"),
    (frozenset(("gradient", "accumulation")), "gradient_accumulation_steps"),
    (frozenset(("accumulation", "steps")), "gradient_accumulation_steps"),
    (frozenset(("gradient", "clipping")), "gradient_clipping"),
)
"""Words that a shortened name keeps of the one that is meant."""

READERS: Final = frozenset(("json", "hjson", "json5", "commentjson", "yaml", "omegaconf"))


@record(eq=False)
class Unread:
    key: str
    value: Value
    meant: str
    """Where DeepSpeed reads it, and by which name."""
    sure: bool
    """Nobody else has a use for such a key; others a script may read itself."""


def unread(settings: Value) -> Iterator[Unread]:
    """Keys that are surely there, whose own place is empty."""
    if not isinstance(settings.content, Fields):
        return
    for name, value in settings.content.entries.items():
        key = str(name)
        if value.is_absent or key in TOP or key in OTHERS:
            continue
        section = next((section for section, keys in SECTIONS.items() if key in keys), None)
        meant, sure = (f"{section}.{key}", True) if section is not None else _slip(key)
        if meant and settings.get(meant).is_absent:
            yield Unread(key, value, meant, sure)
    for section, keys in ARGUMENTS.items():
        content = settings.field(section).content
        for name, value in content.entries.items() if isinstance(content, Fields) else ():
            meant = f"{section}.params.{name}"
            if name in keys and not value.is_absent and settings.get(meant).is_absent:
                yield Unread(f"{section}.{name}", value, meant, True)


def may_read_files(run: ScriptRun) -> bool:
    """The program may look into configuration files itself, as far as it and what it imports tell."""
    imports = [one for program in run.programs for one in program.body if isinstance(one, Import | ImportFrom)]
    reads = bool(run.documents) or any(one.module.partition(".")[0] in READERS for one in imports)
    return reads or run.unread or run.truncated


def _slip(key: str) -> tuple[str, bool]:
    """The key that is meant, or an empty text."""
    words = re.findall(r"[a-z0-9]+", key.lower())
    plain = "_".join(words)
    if FOREIGN.intersection(words):
        return "", False
    # gpt-neox takes the names of its own configuration with dashes.
    if plain in TOP:
        return plain, "-" not in key
    if len(plain) >= SHORT:
        ratio, nearest = max((SequenceMatcher(None, plain, each).ratio(), each) for each in TOP)
        if ratio >= ALIKE:
            return nearest, True
    said = frozenset(WORDS.get(word, word) for word in words)
    for core, meant in CORES:
        if core <= said <= frozenset(meant.split("_")):
            return meant, False
    return "", False
