from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.devices import INITIALISER, own_gpu
from dtlint.run.script.objects import ListObject


def check(process: Process):
    run, world = process.run, process.world
    own = own_gpu(process) if world is not None else None
    if own is None or run.sets_unknown_names or not any(event.surely for event in run.called(INITIALISER)):
        return
    for made in run.called("torch.nn.DataParallel"):
        if made.surely and not made.open and over_all(made.thing("device_ids")):
            yield Finding(
                when=world.per_node > 1,
                at=made,
                because=((f"the process's own GPU is cuda:{own.index}", own.at), world.per_node),
                process=process.label,
                own=own.index,
            )


def over_all(given):
    """No GPUs are listed, which means all that the process sees, or several are."""
    if isinstance(given, ListObject):
        return given.complete and len(given.items) > 1
    return given is None
