import re

from dtlint.job.process import Process
from dtlint.job.visibility import MASKS
from dtlint.rule import Finding
from dtlint.run.script.objects import maker
from dtlint.value import truth

LAUNCHERS = ("torchrun", "accelerate", "deepspeed")
SPREAD = ("auto", "balanced", "balanced_low_0", "sequential")
TRAINER = re.compile(r"(transformers|trl)\.(\w+\.)*\w*Trainer")
PREPARE = ("accelerate.Accelerator.prepare", "accelerate.Accelerator.prepare_model")
BYPASS = "ACCELERATE_BYPASS_DEVICE_MAP"
PARTS = 4


def check(process: Process):
    run, world = process.run, process.world
    if run is None or run.truncated or world is None or world.first.tool not in LAUNCHERS:
        return
    if process.environment.set(BYPASS) or any(write.name == BYPASS for write in run.writes):
        return
    if not sees_several(process):
        return
    for load in run.events:
        if load.method != "from_pretrained" or not load.name.startswith("transformers.") or not load.surely:
            continue
        spread = load.argument("device_map").one_of(*SPREAD)
        for use in run.events:
            given = use.thing("model") if TRAINER.fullmatch(use.name) else None
            if use.name in PREPARE or (TRAINER.fullmatch(use.name) and given is None):
                given = use.positional[0] if use.positional else None
            if given is not None and use.surely and use.index > load.index and comes_from(given, load):
                several = world.per_node > 1
                yield Finding(
                    when=spread & several & truth(trained(run, use)),
                    at=load.argument_at("device_map"),
                    because=(load.argument("device_map"), ("trained here", use), world.per_node),
                    call=use.method,
                    count=world.per_node,
                )
                break


def sees_several(process):
    """Nobody hides the GPUs of the other processes from it, and its host is not known to have one alone."""
    masked = any(process.environment.set(name) for name in MASKS)
    if any(write.name in MASKS for write in process.run.writes) or process.run.sets_unknown_names:
        return False
    return (process.visible_gpus > 1).always if masked else not (process.visible_gpus <= 1).always


def comes_from(thing, load):
    """It is the loaded model, or what a library made of it as the first argument."""
    for _ in range(PARTS):
        if thing is load.result:
            return True
        made = maker(thing)
        if made is None or not made.surely or not (made.positional or made.receiver):
            return False
        thing = made.positional[0] if made.positional else made.receiver
    return False


def trained(run, use):
    if use.name in PREPARE:
        return True
    return any(event.method == "train" and event.receiver is use.result and event.surely for event in run.events)
