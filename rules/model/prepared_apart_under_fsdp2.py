from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.script import Instance

PREPARE = "accelerate.Accelerator.prepare"


def check(process: Process):
    run, launch = process.run, process.launch
    if run is None or launch is None or launch.tool != "accelerate" or launch.options.hidden:
        return
    if launch.config.field("distributed_type").string != "FSDP" or launch.options.has("--fsdp_version"):
        return
    made = list(run.called("accelerate.Accelerator"))
    if len(made) != 1 or made[0].open or made[0].thing("fsdp_plugin") is not None or run.sets_unknown_names:
        return
    version = launch.config.field("fsdp_config").field("fsdp_version")
    calls = [event for event in run.called(PREPARE) if event.surely and not event.caught and not event.open]
    modules = [event for event in calls if any(map(is_module, event.positional))]
    for event in calls:
        alone = any(map(is_optimizer, event.positional)) and not any(map(is_module, event.positional))
        known = all(isinstance(thing, Instance) for thing in event.positional)
        if alone and known and modules:
            yield Finding(when=version.as_int() == 2, at=event, because=(version, ("the model", modules[0])))
            return


def is_optimizer(thing):
    names = thing.class_names if isinstance(thing, Instance) else ()
    return any(name.startswith("torch.optim.") and "lr_scheduler" not in name for name in names)


def is_module(thing):
    names = thing.class_names if isinstance(thing, Instance) else ()
    return any(name.startswith(("torch.nn.", "transformers.AutoModel")) for name in names)
