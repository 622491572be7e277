from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.layers import parts_of
from dtlint.run.script import Instance
from dtlint.run.steps import optimizes, training_steps, without_gradients
from dtlint.run.wrapping import DDP, parameters_of

REDUCING = ("all_reduce", "all_reduce_coalesced", "reduce", "reduce_scatter", "reduce_scatter_tensor", "all_gather")
BESIDE = ("parameters", "named_parameters", "train", "eval", "state_dict", "zero_grad", "no_sync", "join")
ITERATES = ("zip", "list", "tuple", "enumerate")
"""What is done with each of the parameters is seen behind them."""
MEASURES = ("__call__", "as_tensor", "clone", "detach", "full", "mean", "sum", "tensor")


def check(process: Process):
    run, world = process.run, process.world
    if run is None or run.truncated or world is None:
        return
    for wrap in run.called(DDP):
        wrapper, module = wrap.result, wrap.thing("module")
        if not isinstance(module, Instance) or not wrap.surely or wrapper.unseen or module.unseen:
            continue
        parts = {id(part) for part in parts_of(module)}
        for one in training_steps(run):
            if not optimizes(one.optimizer, wrapper, module) or one.backward.index < wrap.index:
                continue
            within = [event for event in run.events if one.holds(event)]
            past = [
                event
                for event in within
                if event.method == "__call__" and id(event.receiver) in parts and event.index < one.backward.index
                if not without_gradients(event)
            ]
            if not past or not past[0].some_day or any(used(event, wrapper) for event in within):
                continue
            # What is exchanged before the backward pass are features, losses and flags: there are no gradients yet.
            gone = one.backward.index
            if not any(by_hand(event, one.loop, (wrapper, module), event.index < gone) for event in within):
                yield Finding(
                    when=world.size > 1,
                    at=written(past[0], one.backward),
                    because=(
                        ("the module is wrapped", wrap),
                        ("the backward pass of the same round", one.backward),
                        ("its gradients are taken for those of all", one.step),
                    ),
                )
                break


def used(event, wrapper):
    """It may run a forward pass of the wrapper."""
    return event.receiver is wrapper and event.method not in BESIDE


def written(forward, backward):
    """Where the function that has the backward pass calls what comes to the forward pass."""
    depth = len(backward.stack)
    return forward.stack[depth] if forward.stack[:depth] == backward.stack and len(forward.stack) > depth else forward


def by_hand(event, loop, models, before):
    """The script, or what it calls, may average gradients or parameters itself; `before` the backward pass only
    parameters, which it would name, or go through in a loop."""
    passes = event.method.startswith("clip_grad") or event.name in ITERATES
    # A tensor that is changed in place only reads what it is given: an average of weights, say.
    changes = event.name.startswith("?.") and event.method.endswith("_")
    touched = (event.receiver,) if changes else event.positional
    if any(parameters_of(thing) in models for thing in touched) and not passes:
        return True
    if event.method not in REDUCING:
        return False
    if before and event.loops[-1] is loop:
        return False
    reduced = event.positional[0] if event.positional else None
    return event.loops[-1] is not loop or not measured(reduced)


def measured(thing):
    """It is made of losses or counts, and of no gradients."""
    made = getattr(thing, "made_by", None)
    if made is not None and made.method in ("cat", "stack") and made.positional:
        parts = getattr(made.positional[0], "items", ())
        return bool(parts) and all(map(measured, parts))
    return made is not None and made.method in MEASURES
