from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.value import TRUE, Fields, Items, absent

OTHERWISE = ("--use_deepspeed", "--multi_gpu", "--cpu", "--use_cpu", "--tpu", "--use_megatron_lm")
"""Options of accelerate that take the place of its file's `distributed_type`."""


def check(process: Process):
    trainer = process.trainer
    if trainer is None:
        return
    if asked(trainer.fsdp) and asked(trainer.deepspeed):
        yield Finding(when=TRUE, at=trainer.fsdp, because=(trainer.deepspeed,), first="FSDP", second="DeepSpeed")
    own = trainer.fsdp_checkpointing
    # What its `fsdp_config` does not say, the Trainer takes from what the launcher sets.
    fsdp = own if asked(trainer.fsdp) else launched(process) if own.is_absent and nothing(trainer.fsdp) else absent()
    yield Finding(
        when=on(fsdp) & (trainer.checkpointing == True),  # noqa: E712 - a Truth
        at=trainer.checkpointing,
        because=(fsdp,),
        first="gradient_checkpointing",
        second="FSDP's activation_checkpointing",
    )


def launched(process):
    """The switch of accelerate's FSDP, by its option or its file."""
    launch = process.launch
    if launch is None or launch.tool != "accelerate" or launch.options.hidden:
        return absent()
    if launch.config.field("distributed_type").string != "FSDP" or any(map(launch.options.has, OTHERWISE)):
        return absent()
    name = "fsdp_activation_checkpointing"
    return launch.options.value(f"--{name}").or_default(launch.config.field("fsdp_config").field(name))


def nothing(value):
    """Nobody gives it, or something empty."""
    return value.is_absent or (value.known and not value.constant)


def asked(value):
    """A text, a list or a dictionary that is not empty."""
    match value.content:
        case Items(items=inside):
            return bool(inside)
        case Fields(entries=inside):
            return bool(inside)
        case _:
            return bool(value.string)


def on(switch):
    return (switch == True) | (switch == "true") | (switch == "True")  # noqa: E712 - a Truth
