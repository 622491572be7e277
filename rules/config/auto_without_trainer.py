from dtlint.job.plan import Plan
from dtlint.rule import Finding, near

KEYS = (
    "train_batch_size",
    "train_micro_batch_size_per_gpu",
    "gradient_accumulation_steps",
    "gradient_clipping",
    "optimizer.params.lr",
)


def check(plan: Plan):
    if not plan.direct:
        return
    for key in KEYS:
        value = plan.record.get(key)
        at = near(value, plan.process)
        yield Finding(when=value == "auto", at=at, because=(("handed to DeepSpeed", plan.process),), key=key)
