from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.replica_steps import replica_steps
from dtlint.run.script.objects import ClassObject, Instance
from dtlint.run.strategies import at_hand
from dtlint.value import TRUE

STRATEGIES = tuple(
    f"tensorflow.distribute.{name}"
    for name in (
        "MirroredStrategy",
        "MultiWorkerMirroredStrategy",
        "TPUStrategy",
        "ParameterServerStrategy",
        "experimental.MultiWorkerMirroredStrategy",
        "experimental.ParameterServerStrategy",
        "experimental.TPUStrategy",
    )
)
MODELS = ("tensorflow.keras.Model", "tensorflow.keras.Sequential", "keras.Model", "keras.Sequential")
APPLICATIONS = ("tensorflow.keras.applications.", "keras.applications.")
ELSEWHERE = ("experimental_set_strategy", "__enter__", "enter_context")


def check(process: Process):
    run = process.run
    if run is None or run.unread:
        return
    strategy = next((event for event in run.called(*STRATEGIES) if event.surely), None)
    if strategy is None or any(event.method in ELSEWHERE for event in run.events):
        return
    trained = [(event, event.receiver) for event in run.events if event.method == "fit" and event.surely]
    trained += [(step.apply, step.model) for step in replica_steps(run)]
    for event, model in trained:
        made = maker(run, model) if event.index > strategy.index else None
        if made is not None and made.surely and not made.contexts:
            own_class = isinstance(model.cls, ClassObject)
            inner = made.stack[-1] if own_class and made.stack else made.at
            place = at_hand(inner, made.stack, strategy)
            below = [("the model is made here", inner)] if place != inner else []
            yield Finding(
                when=TRUE,
                at=place,
                because=(("the strategy is made here", strategy), *below, ("and the model is trained here", event)),
                strategy=strategy.method,
            )
            return


def maker(run, model):
    """The call that makes a Keras model; None for what may be something else."""
    if not isinstance(model, Instance) or model.unseen:
        return None
    if isinstance(model.cls, ClassObject):
        if not any(name in MODELS for name in model.cls.outside()):
            return None
        return next((one for one in run.events if one.method == "__init__" and one.receiver is model), None)
    return model.made_by if model.cls in MODELS or model.cls.startswith(APPLICATIONS) else None
