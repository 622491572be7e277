from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.script import Instance
from dtlint.run.wrapping import DDP, froze, has_weights, trains
from dtlint.value import FALSE, TRUE, known

CHECKPOINT = ("torch.utils.checkpoint.checkpoint", "torch.utils.checkpoint.checkpoint_sequential")
ARGUMENTS = "transformers.TrainingArguments"


def check(process: Process):
    run = process.run
    if run is None or run.truncated or froze(run):
        return
    for made, call in checkpointed(run):
        search = made.argument("find_unused_parameters")
        static = made.argument("static_graph").or_default(known(False))
        yield Finding(
            when=(search == True) & (static == False) & reentrant(call),  # noqa: E712 - Truths
            at=made.argument_at("find_unused_parameters"),
            because=(("the backward pass is entered again", call), search),
            option="find_unused_parameters",
        )
    if (
        process.world is None
        or process.world.first.tool != "torchrun"
        or not any(run.called("transformers.Trainer.train"))
    ):
        return
    for made in run.called(ARGUMENTS):
        others = [made.thing(name) for name in ("deepspeed", "fsdp", "fsdp_config", "accelerator_config")]
        search = made.argument("ddp_find_unused_parameters")
        kind = made.argument("gradient_checkpointing_kwargs").field("use_reentrant")
        wanted = (made.argument("gradient_checkpointing") == True) & (kind == True)  # noqa: E712 - Truths
        if made.surely and not made.open and others == [None] * len(others):
            yield Finding(
                when=wanted & (search == True) & (process.world.size > 1),  # noqa: E712 - a Truth
                at=made.argument_at("ddp_find_unused_parameters"),
                because=(
                    ("the backward pass is entered again", made.argument_at("gradient_checkpointing_kwargs")),
                    search,
                ),
                option="ddp_find_unused_parameters",
            )


def checkpointed(run):
    """Wrappers, each with the first checkpointed layer in its forward pass."""
    if not trains(run) or any(event.method in ("_set_static_graph", "no_sync") for event in run.events):
        return
    for forward in run.called(DDP + ".__call__"):
        made = forward.receiver.made_by if isinstance(forward.receiver, Instance) else None
        if made is None or not forward.surely or made.open or forward.contexts:
            continue
        for call in run.called(*CHECKPOINT):
            layers = call.positional[0] if call.positional else None
            within = call.surely and call.index > forward.index and forward.at in call.stack
            if within and layers is not None and has_weights(layers):
                yield made, call
                return


def reentrant(call):
    """What is not given is True, up to torch 2.13 at least (torch/utils/checkpoint.py)."""
    if call.thing("use_reentrant") is not None:
        return call.argument("use_reentrant") == True  # noqa: E712 - a Truth
    sequential_default = call.method == "checkpoint" or len(call.positional) < 4
    return TRUE if sequential_default and not call.open else FALSE
