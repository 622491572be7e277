from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.launched_fsdp import fsdp_setting
from dtlint.value import TRUE, Fields, Items, absent


def check(process: Process):
    trainer = process.trainer
    if trainer is None:
        return
    if asked(trainer.fsdp) and asked(trainer.deepspeed):
        yield Finding(when=TRUE, at=trainer.fsdp, because=(trainer.deepspeed,), first="FSDP", second="DeepSpeed")
    own = trainer.fsdp_checkpointing
    # What its `fsdp_config` does not say, the Trainer takes from what the launcher sets.
    alone = own.is_absent and nothing(trainer.fsdp)
    launched = fsdp_setting(process, "activation_checkpointing") if alone else absent()
    fsdp = own if asked(trainer.fsdp) else launched
    yield Finding(
        when=on(fsdp) & (trainer.checkpointing == True),  # noqa: E712 - a Truth
        at=trainer.checkpointing,
        because=(fsdp,),
        first="gradient_checkpointing",
        second="FSDP's activation_checkpointing",
    )


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
