from dtlint import mend
from dtlint.job.plan import Plan
from dtlint.rule import Finding
from dtlint.value import TRUE, Fields

AUTO = "auto"
NUMBERS = (
    "train_batch_size", "train_micro_batch_size_per_gpu", "gradient_accumulation_steps", "gradient_clipping",
    "optimizer.params.lr", "optimizer.params.betas", "optimizer.params.eps", "optimizer.params.weight_decay",
    "scheduler.params.warmup_min_lr", "scheduler.params.warmup_max_lr", "scheduler.params.warmup_num_steps",
    "scheduler.params.total_num_steps",
)  # fmt: skip
"""Where a word can be nothing but a slip."""


def check(plan: Plan):
    if plan.source not in ("deepspeed", "accelerate", "lightning"):
        return
    for key, value in leaves("", plan.record):
        word = value.string
        if word is None or word == AUTO or not value.trail:
            continue
        if word.strip().lower() == AUTO or (key in NUMBERS and word.isalpha()):
            yield Finding(when=TRUE, at=value, edits=(mend.word(value.at, word, AUTO),), key=key, word=word)


def leaves(prefix, value):
    if not isinstance(value.content, Fields):
        yield prefix, value
        return
    for name, entry in value.content.entries.items():
        yield from leaves(f"{prefix}.{name}" if prefix else str(name), entry)
