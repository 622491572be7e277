from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.value import TRUE, Fields, Items


def check(process: Process):
    trainer = process.trainer
    if trainer is None or not asked(trainer.fsdp):
        return
    if asked(trainer.deepspeed):
        yield Finding(when=TRUE, at=trainer.fsdp, because=(trainer.deepspeed,), first="FSDP", second="DeepSpeed")
    yield Finding(
        when=on(trainer.fsdp_checkpointing) & (trainer.checkpointing == True),  # noqa: E712 - a Truth
        at=trainer.checkpointing,
        because=(trainer.fsdp_checkpointing,),
        first="gradient_checkpointing",
        second="FSDP's activation_checkpointing",
    )


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
