import re

from dtlint.job.process import Process
from dtlint.mend import Replaced, word
from dtlint.rule import Finding, near
from dtlint.run.saving import pretrained
from dtlint.run.script import Instance
from dtlint.run.wrapping import DDP, froze, has_weights, trains
from dtlint.value import FALSE, TRUE, known

CHECKPOINT = ("torch.utils.checkpoint.checkpoint", "torch.utils.checkpoint.checkpoint_sequential")
ENABLE = ("gradient_checkpointing_enable", "activation_checkpointing_enable")

END = re.compile(r"(?<=[\w\])])\)\Z")


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
            edits=(not_again(call),),
            option="find_unused_parameters",
        )
    trainer, world = process.trainer, process.world
    if trainer is None or world is None or world.first.tool != "torchrun":
        return
    for place, inside in reentered(run, trainer):
        search = trainer.unused_search
        yield Finding(
            when=inside & (search == True) & (world.size > 1),  # noqa: E712 - a Truth
            at=near(search, trainer),
            because=(("the backward pass is entered again", place), search),
            option="ddp_find_unused_parameters",
        )


def reentered(run, trainer):
    """Where the Trainer, or the script for it, switches reentrant checkpointing on, and whether it stays so.

    The Trainer switches it on anew, with its own arguments; with none it is reentrant only before transformers 5
    (`gradient_checkpointing_enable` of modeling_utils.py; huggingface/transformers#43203).
    """
    made = list(run.called("transformers.Trainer"))
    starts = list(run.called("transformers.Trainer.train"))
    if len(made) != 1 or all(event.receiver is not made[0].result for event in starts):
        return
    model = trained(made[0].thing("model"))
    if model is None or any(event.method.endswith("checkpointing_disable") for event in run.events):
        return
    on = trainer.checkpointing
    yield trainer.reentrant, (on == True) & (trainer.reentrant == True)  # noqa: E712 - Truths
    enabled = [event for event in run.events if event.method in ENABLE and event.receiver is model]
    if enabled and enabled[-1].surely and enabled[-1].index < made[0].index:
        kind = enabled[-1].argument(enabled[-1].signature[0]).field("use_reentrant")
        yield enabled[-1], (on.absent | (on == False)) & (kind == True)  # noqa: E712 - Truths


def trained(thing):
    """The pretrained model whose layers the Trainer is to train, whole or through adapters within them."""
    made = getattr(thing, "made_by", None)
    if made is not None and made.name == "peft.get_peft_model" and len(made.positional) == 2:
        model, adapters = made.positional
        return model if getattr(adapters, "cls", None) == "peft.LoraConfig" and pretrained(model) else None
    return thing if thing is not None and pretrained(thing) else None


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


def not_again(call):
    """The layer without the second backward pass."""
    if call.thing("use_reentrant") is not None:
        return word(call.argument_at("use_reentrant"), "True", "False")
    return Replaced(call.at, END, ", use_reentrant=False)")
