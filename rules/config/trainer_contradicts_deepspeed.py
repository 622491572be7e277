import re

from dtlint.job.plan import Plan
from dtlint.mend import FirstOf, Replaced
from dtlint.rule import Finding

SAME = {
    "micro_batch": ("train_micro_batch_size_per_gpu", "per_device_train_batch_size"),
    "accumulation": ("gradient_accumulation_steps", "gradient_accumulation_steps"),
    "fp16": ("fp16.enabled", "fp16"),
    "bf16": ("bf16.enabled", "bf16"),
    "learning_rate": ("optimizer.params.lr", "learning_rate"),
    "clip": ("gradient_clipping", "max_grad_norm"),
}
"""What transformers compares (`HfTrainerDeepSpeedConfig.trainer_config_process`): the names on either side."""

FURTHER = {
    "optimizer.params.weight_decay": ("weight_decay", "weight_decay"),
    "scheduler.params.warmup_max_lr": ("learning_rate", "learning_rate"),
    "scheduler.params.warmup_num_steps": ("warmup", "warmup_steps"),
    "scheduler.params.total_num_steps": ("steps", "max_steps"),
}
"""The Trainer's setting by further keys (`trainer_config_finalize` for the steps of the scheduler)."""

CONSTANT = re.compile(r"\A(?:true|false|[-+.\de]+)\Z")
"""A value of JSON that the Trainer fills in where it is left open."""


def check(plan: Plan):
    trainer = plan.trainer
    if trainer is None:
        return
    pairs = [(key, name, getattr(plan, field), getattr(trainer, field)) for field, (key, name) in SAME.items()]
    pairs += [(key, name, plan.record.get(key), getattr(trainer, field)) for key, (field, name) in FURTHER.items()]
    for key, argument, here, there in pairs:
        yield Finding(
            when=here != there,
            at=here if here.trail else plan,
            because=(there,),
            edits=(FirstOf(tuple(Replaced(step.at, CONSTANT, '"auto"') for step in here.trail)),),
            key=key,
            here=here,
            argument=argument,
            there=there,
        )
    batch = trainer.micro_batch * trainer.accumulation * plan.world_size
    yield Finding(
        when=(plan.global_batch != batch) & ~trainer.accumulation.absent & ~trainer.micro_batch.absent,
        at=plan.global_batch if plan.global_batch.trail else plan,
        because=(trainer.micro_batch, trainer.accumulation, plan.world_size),
        key="train_batch_size",
        here=plan.global_batch,
        argument="micro batches, accumulation and processes for",
        there=batch,
    )
