import re

from dtlint.job.plan import Plan
from dtlint.mend import Replaced
from dtlint.rule import Finding
from dtlint.value import TRUE

SWITCHES = (
    "fp16.enabled",
    "bf16.enabled",
    "bfloat16.enabled",
    "zero_optimization.overlap_comm",
    "zero_optimization.contiguous_gradients",
    "zero_optimization.stage3_gather_16bit_weights_on_model_save",
)
NUMBERS = (
    "train_batch_size",
    "train_micro_batch_size_per_gpu",
    "gradient_accumulation_steps",
    "zero_optimization.stage",
)


def check(plan: Plan):
    for key in SWITCHES:
        value = plan.record.get(key)
        if (value.string or "").lower() in ("true", "false"):
            yield Finding(when=TRUE, at=value, edits=(bare(value),), key=key, value=value, kind="a boolean")
    for key in NUMBERS:
        value = plan.record.get(key)
        if (value.string or "").isdigit():
            yield Finding(when=TRUE, at=value, edits=(bare(value),), key=key, value=value, kind="a number")


def bare(value):
    """The same word without the quotes around it."""
    word = re.escape(value.string)
    return Replaced(value.at, re.compile(rf"([\"']){word}\1"), value.string.lower())
