from dtlint.job.world import World
from dtlint.rule import Finding

SAVE = ("accelerate.Accelerator.save_state",)
SHARDED = ("DEEPSPEED", "FSDP")


def check(world: World):
    kind = world.first.config.field("distributed_type")
    runs = [process for process in world.processes if process.run is not None]
    if world.first.tool != "accelerate" or len(runs) < 2:
        return
    for process in runs:
        for event in process.run.called(*SAVE):
            for other in runs:
                run = other.run
                missing = all(event.at != each.at for each in run.called(*SAVE))
                if missing and run.reached_end and not run.truncated and not run.unread:
                    yield Finding(
                        when=kind.one_of(*SHARDED),
                        at=event,
                        because=(kind,),
                        call=event.method,
                        first=process.label,
                        second=other.label,
                    )
                    break
