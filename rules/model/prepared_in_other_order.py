from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.saving import happens
from dtlint.run.script import Instance

PREPARE = "accelerate.Accelerator.prepare"
LOADER = "torch.utils.data.DataLoader"
LACKS = {
    "the loader": ("__call__", "eval", "step", "train", "zero_grad"),
    "the optimizer": ("__call__",),
}
"""What is asked of a model or an optimizer, and neither accelerate's loader nor its optimizer has."""


def check(process: Process):
    run = process.run
    if run is None:
        return
    for event in run.events:
        kind = kind_of(event.receiver)
        if kind is None or event.method not in LACKS[kind]:
            continue
        for prepare in run.called(PREPARE):
            given = any(thing is event.receiver for thing in prepare.positional)
            if given and prepare.surely and prepare.index < event.index:
                asked = "is called" if event.method == "__call__" else f"is asked for {event.method}()"
                because = (("given back in the order of the arguments", prepare),)
                yield Finding(when=happens(event), at=event, because=because, kind=kind, asked=asked)
                return


def kind_of(thing):
    if not isinstance(thing, Instance) or not isinstance(thing.cls, str) or thing.unseen:
        return None
    if thing.cls == LOADER:
        return "the loader"
    return "the optimizer" if thing.cls.startswith("torch.optim.") and "sched" not in thing.cls else None
