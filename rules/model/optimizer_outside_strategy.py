import re

from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.effects.tensorflow import REPLICATING
from dtlint.run.replica_steps import replica_steps
from dtlint.run.script.objects import Instance
from dtlint.run.strategies import at_hand
from dtlint.value import TRUE

OPTIMIZER = re.compile(r"(?:tensorflow\.)?keras\.optimizers\.[A-Z]\w*")
KERAS_3 = re.compile(r"2\.(?:1[6-9]|[2-9]\d)(?:\.|$)")
ELSEWHERE = ("experimental_set_strategy", "__enter__", "enter_context")
LEGACY = "TF_USE_LEGACY_KERAS"


def check(process: Process):
    run = process.run
    if run is None or run.unread or any(event.method in ELSEWHERE for event in run.events) or not keras_3(process):
        return
    strategies = list(run.called(*REPLICATING))
    if len(strategies) != 1 or not strategies[0].surely:
        return
    for made, used, model in uses(run):
        outside = OPTIMIZER.fullmatch(made.name) and made.surely and not made.contexts
        scoped = model.contexts and all(one.method == "scope" for one in model.contexts)
        if outside and used.surely and model.surely and scoped:
            place = at_hand(made.at, made.stack, strategies[0])
            below = [("the optimizer is made here", made)] if place != made.at else []
            yield Finding(
                when=TRUE,
                at=place,
                because=(*below, ("the model is made in the scope", model), ("and gets the optimizer here", used)),
                strategy=strategies[0].method,
            )
            return


def uses(run):
    """What makes an optimizer, where it meets a model, and what makes that."""
    trained = [event.receiver for event in run.events if event.method == "fit" and event.surely]
    pairs = [(event.thing("optimizer") or next(iter(event.positional), None), event, event.receiver)
             for event in run.events
             if event.method == "compile" and any(event.receiver is model for model in trained)]  # fmt: skip
    pairs += [(step.apply.receiver, step.apply, step.model) for step in replica_steps(run)]
    for optimizer, event, model in pairs:
        made = getattr(optimizer, "made_by", None)
        if made is not None and made.result is optimizer and isinstance(model, Instance) and model.made_by is not None:
            yield made, event, model.made_by


def keras_3(process):
    """Its optimizers remember the strategy in which they are made; Keras 2 is another program."""
    if process.environment.set(LEGACY) or any(write.name == LEGACY for write in process.run.writes):
        return False
    return process.tensorflow.is_absent or KERAS_3.match(process.tensorflow.string or "") is not None
