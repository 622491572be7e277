"""What stands behind a wrapper for many processes: its module, the module's parameters, and who was given them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dtlint.run.effects import Effect
from dtlint.run.effects.ready_made import batch_normed, ready_made
from dtlint.run.script.objects import (
    ClassObject,
    DictObject,
    External,
    Instance,
    Iteration,
    ListObject,
    Thing,
    Unread,
)
from dtlint.run.script.trace import Event, Repeat, ScriptRun, repeats
from dtlint.value import Value

DDP: Final = "torch.nn.parallel.DistributedDataParallel"
FSDP: Final = "torch.distributed.fsdp.FullyShardedDataParallel"
SHARD: Final = "torch.distributed.fsdp.fully_shard"

WITH_WEIGHTS: Final = frozenset(
    f"torch.nn.{name}"
    for name in (
        "Bilinear", "Conv1d", "Conv2d", "Conv3d", "ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d", "Embedding",
        "GRU", "LSTM", "Linear", "MultiheadAttention", "RNN", "Transformer", "TransformerDecoderLayer",
        "TransformerEncoderLayer",
    )
)  # fmt: skip
WITHOUT_WEIGHTS: Final = frozenset(
    f"torch.nn.{name}"
    for name in (
        "BCELoss", "BCEWithLogitsLoss", "CTCLoss", "CosineEmbeddingLoss", "CrossEntropyLoss", "Dropout", "Flatten",
        "GELU", "GaussianNLLLoss", "HuberLoss", "Identity", "KLDivLoss", "L1Loss", "MSELoss", "MarginRankingLoss",
        "MultiLabelMarginLoss", "MultiMarginLoss", "NLLLoss", "PoissonNLLLoss", "ReLU", "SiLU", "Sigmoid",
        "SmoothL1Loss", "SoftMarginLoss", "Softmax", "Tanh", "TripletMarginLoss",
    )
)  # fmt: skip
"""Losses and activations: nothing in them is trained."""
BATCH_NORMS: Final = frozenset(f"torch.nn.BatchNorm{dimensions}d" for dimensions in (1, 2, 3))
CONTAINERS: Final = frozenset(("torch.nn.ModuleList", "torch.nn.Sequential"))
_LISTS: Final = frozenset(("parameters", "named_parameters"))
_WEIGHTS: Final = _LISTS | {"buffers", "named_buffers", "state_dict", "values", "items"}
_EXCHANGES: Final = ("broadcast", "scatter", "gather", "reduce", "send", "recv", "sync")
DEEPEST: Final = 8


def sharded(event: Event) -> bool:
    """The call of FSDP surely cuts the parameters up: no other strategy, device mesh or unknown argument is given."""
    strategy = event.thing("sharding_strategy")
    whole = strategy is None or (
        isinstance(strategy, External) and strategy.name.rpartition(".")[2] in ("FULL_SHARD", "SHARD_GRAD_OP")
    )
    return whole and event.thing("device_mesh") is None and event.thing("ignored_states") is None and not event.open


def gathers_each_time(event: Event, run: ScriptRun) -> bool:
    """Every forward pass of what this call of FSDP wraps gathers parameters, also where no gradients are wanted.

    The outermost module keeps what it gathered until a backward pass (`_post_forward_reshard` of
    torch/distributed/fsdp/_runtime_utils.py), and with SHARD_GRAD_OP so do the layers; seen with torch 2.13.
    """
    strategy, policy = event.thing("sharding_strategy"), event.thing("auto_wrap_policy")
    kept = isinstance(strategy, External) and strategy.name.endswith("SHARD_GRAD_OP")
    layered = (policy is not None and not isinstance(policy, Value)) or len(list(run.called(FSDP))) > 1
    return sharded(event) and layered and not kept


def gathers_anew(event: Event, run: ScriptRun) -> bool:
    """A forward pass of FSDP upon a backward pass, behind which nothing is left of what was gathered, or the first one.

    `_post_backward_final_callback` of torch/distributed/fsdp/_runtime_utils.py frees the parameters of all modules.
    """
    made = event.receiver.made_by if isinstance(event.receiver, Instance) else None
    if event.name != FSDP + ".__call__" or made is None or not made.surely or not sharded(made):
        return False
    return gathers_each_time(made, run) or _upon_training(event, run)


def _upon_training(event: Event, run: ScriptRun) -> bool:
    """No forward pass of the module came before, or a backward pass came behind the last one."""
    earlier = [one for one in run.called(event.name) if one.receiver is event.receiver and one.index < event.index]
    return not earlier or any(
        one.index > earlier[-1].index and one.index < event.index and one.surely for one in run.effects(Effect.BACKWARD)
    )


def gathers_shards(event: Event, run: ScriptRun) -> bool:
    """A forward pass of a module that `fully_shard` cut over all processes: without gradients too it gathers the layers
    that were cut by themselves, and the rest upon a backward pass (seen with torch 2.13 and gloo)."""
    calls = list(run.called(SHARD))
    own = [one for one in calls if one.thing("module") is event.receiver and one.index < event.index]
    if event.method != "__call__" or len(own) != 1 or not own[0].surely:
        return False
    whole = not any(
        one.open or any(one.thing(name) is not None for name in ("mesh", "reshard_after_forward", "ignored_params"))
        for one in calls
    )
    earlier = [one for one in run.events if one.receiver is event.receiver and one.method == "__call__"]
    before = [one for one in earlier if one.index < event.index]
    anew = not before or any(before[-1].index < one.index < event.index for one in run.effects(Effect.BACKWARD))
    return whole and (anew or len(calls) > 1)


def sends_buffers(event: Event, run: ScriptRun) -> bool:
    """A forward pass of DDP that begins with a broadcast of the statistics of batch norms, also in evaluation.

    So does the first one, and each that follows upon a forward pass with gradients (`_pre_forward` and `_post_forward`
    of torch/nn/parallel/distributed.py); seen with torch 2.13.
    """
    made = event.receiver.made_by if isinstance(event.receiver, Instance) else None
    module = made.thing("module") if made is not None else None
    if event.name != DDP + ".__call__" or made is None or made.open or module is None or not made.surely:
        return False
    sent = [made.argument(name) for name in ("broadcast_buffers", "forward_sync_buffers")]
    if not all(value.is_absent or value.constant is True for value in sent) or not holds(module, BATCH_NORMS):
        return False
    return _upon_training(event, run)


def parameters_of(thing: Thing | None) -> Thing | None:
    """The object all of whose parameters `thing` is: `model.parameters()`."""
    made = thing.made_by if isinstance(thing, Unread) else None
    return made.receiver if made is not None and made.method == "parameters" and not made.positional else None


def drawn_from(thing: Thing | None) -> Thing | None:
    """The one object whose parameters an optimizer is given, all or some of them, be it in groups."""
    owners = list(_owners(thing, DEEPEST))
    return owners[0] if owners and all(owner is owners[0] for owner in owners) else None


def _owners(thing: Thing | None, deep: int) -> Iterator[Thing | None]:
    """Whose parameters they are; None for each that is not known."""
    made = thing.made_by if isinstance(thing, Unread) else None
    if deep == 0:
        yield None
    elif isinstance(thing, ListObject) and (thing.items or thing.sources):
        for part in (*thing.items, *thing.sources):
            yield from _owners(part, deep - 1)
    elif isinstance(thing, DictObject) and "params" in thing.entries:
        yield from _owners(thing.entries["params"], deep - 1)
    elif isinstance(thing, Iteration) and len(thing.sources) == 1:
        yield from _owners(thing.sources[0], deep - 1)
    elif made is not None and made.method in ("parameters", "named_parameters") and not made.positional:
        yield made.receiver
    elif made is not None and made.name == "filter" and len(made.positional) > 1:
        yield from _owners(made.positional[1], deep - 1)
    else:
        yield None


def has_weights(thing: Thing) -> bool:
    """It is, or holds, a layer that surely has parameters."""
    return holds(thing, WITH_WEIGHTS)


def holds(thing: Thing, classes: frozenset[str], deep: int = DEEPEST) -> bool:
    """It is, or surely holds, a layer of one of these classes."""
    if deep == 0:
        return False
    match thing:
        case ListObject():
            return any(holds(item, classes, deep - 1) for item in thing.items)
        case DictObject():
            return any(holds(item, classes, deep - 1) for item in thing.entries.values())
        case Instance(cls=str(name), made_by=made):
            held = (*made.positional, *made.keywords.values()) if made is not None else ()
            ready = classes is WITH_WEIGHTS and ready_made(name)
            chosen = made is None or made.open or "norm_layer" in made.keywords
            ready = ready or (classes is BATCH_NORMS and batch_normed(name) and not chosen)
            return name in classes or ready or any(holds(item, classes, deep - 1) for item in held)
        case Unread(made_by=Event(name=name) as made) if name in CONTAINERS:
            # What a loop over the container holds; it comes to the layer that has some.
            return any(holds(item, classes, deep - 1) for item in made.positional)
        case Instance(cls=ClassObject()):
            return any(holds(item, classes, deep - 1) for item in thing.attributes.values())
        case _:
            return False


def froze(run: ScriptRun, since: int = -1) -> bool:
    """Some parameters may not be trained: they are gone over one by one, or asked not to need gradients, after the
    event with the number `since`."""
    asked = any(event.method == "requires_grad_" and event.index > since for event in run.events)
    return asked or any(_over_parameters(loop, since) for loop in repeats(run.trace))


def over_weights(event: Event) -> bool:
    """It may exchange weights or gradients with other processes, one after the other, or all in one call."""
    if not any(part in event.method for part in _EXCHANGES):
        return False
    made = [loop.iterable.made_by for loop in event.loops if isinstance(loop.iterable, Unread)]
    made += [thing.made_by for thing in event.positional if isinstance(thing, Unread)]
    return any(one is not None and (one.method in _WEIGHTS or "flat" in one.method) for one in made)


def _over_parameters(loop: Repeat, since: int) -> bool:
    made = loop.iterable.made_by if isinstance(loop.iterable, Unread) else None
    return made is not None and made.method in _LISTS and made.index > since


def trains(run: ScriptRun) -> bool:
    """A backward pass is among what it does."""
    return any(event.surely for event in run.effects(Effect.BACKWARD))
