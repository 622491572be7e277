from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.value import TRUE

MADE = "transformers.Trainer"
RANKS = ("RANK", "LOCAL_RANK", "WORLD_SIZE", "ACCELERATE_USE_FSDP")


def check(process: Process):
    run = process.run
    if run is None or run.truncated or process.world is not None or process.launch is not None or process.spawned_by:
        return
    if any(process.environment.set(name) and not process.environment.get(name).is_absent for name in RANKS):
        return
    if any(write.name in RANKS and not write.default for write in run.writes) or run.sets_unknown_names:
        return
    trainers = [event for event in run.called(MADE) if event.surely]
    for event in run.called("transformers.TrainingArguments"):
        asked, settings = event.argument("fsdp"), event.thing("fsdp_config")
        given = asked.constant if asked.known else None
        if event.surely and trainers and isinstance(given, str) and given.strip() and "xla" not in str(settings):
            yield Finding(when=TRUE, at=process, because=(asked, ("the Trainer is made here", trainers[0])), fsdp=asked)
