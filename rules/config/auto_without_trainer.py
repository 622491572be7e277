from dtlint.job.plan import Plan
from dtlint.rule import Finding, near

KEYS = {
    "": (
        "train_batch_size",
        "train_micro_batch_size_per_gpu",
        "gradient_accumulation_steps",
        "gradient_clipping",
    ),
    "optimizer": (
        "optimizer.params.lr",
        "optimizer.params.betas",
        "optimizer.params.eps",
        "optimizer.params.weight_decay",
    ),
    "lr_scheduler": (
        "scheduler.params.warmup_min_lr",
        "scheduler.params.warmup_max_lr",
        "scheduler.params.warmup_num_steps",
        "scheduler.params.total_num_steps",
    ),
}
"""By the argument of `deepspeed.initialize` that, where it is given, is taken instead. DeepSpeed itself leaves the word
out in its other sections (`DeepSpeedConfigModel` of deepspeed/runtime/config_utils.py)."""


def check(plan: Plan):
    if not plan.direct:
        return
    for argument, keys in KEYS.items():
        if argument and given(plan, argument):
            continue
        for key in keys:
            value = plan.record.get(key)
            at = near(value, plan.process)
            yield Finding(when=value == "auto", at=at, because=(("handed to DeepSpeed", plan.process),), key=key)


def given(plan, argument):
    """The script may bring one of its own."""
    run = plan.process.run
    return run is None or any(event.open or event.thing(argument) for event in run.called("deepspeed.initialize"))
