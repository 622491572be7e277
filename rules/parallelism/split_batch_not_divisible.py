from dtlint.job.process import Process
from dtlint.rule import Finding, near
from dtlint.run.epochs import LOADER
from dtlint.run.script.objects import Instance

ACCELERATOR = "accelerate.Accelerator"
PREPARES = (f"{ACCELERATOR}.prepare", f"{ACCELERATOR}.prepare_data_loader")


def check(process: Process):
    run, world = process.run, process.world
    if run is None or run.truncated or world is None:
        return
    for event in run.called(*PREPARES):
        made = event.receiver.made_by if isinstance(event.receiver, Instance) else None
        splits = splitting(made) if made is not None else None
        if splits is None or not event.surely or event.caught:
            continue
        for loader in (*event.positional, *event.keywords.values()):
            batch = batch_of(loader)
            if batch is not None:
                yield Finding(
                    when=(splits == True) & (world.size > 1) & (batch > 1) & (batch % world.size != 0),  # noqa: E712
                    at=near(batch, loader.made_by),
                    because=(splits, ("the loader is prepared here", event), near(world.size, world.first)),
                    batch=batch,
                    size=world.size,
                )


def splitting(made):
    """What `split_batches` is for this Accelerator; None where that cannot be told."""
    if made.open:
        return None
    told = made.thing("split_batches")
    if told is not None:
        return made.argument("split_batches")
    settings = made.keywords.get("dataloader_config")
    by = settings.made_by if isinstance(settings, Instance) else None
    if by is None or by.open or by.name.rpartition(".")[2] != "DataLoaderConfiguration":
        return None
    return by.argument("split_batches") if by.thing("split_batches") is not None else None


def batch_of(loader):
    """The batch size of a loader of torch that no batch sampler of its own decides."""
    made = loader.made_by if isinstance(loader, Instance) and loader.cls == LOADER else None
    if made is None or made.open or made.thing("batch_sampler") is not None or made.thing("batch_size") is None:
        return None
    return made.argument("batch_size")
