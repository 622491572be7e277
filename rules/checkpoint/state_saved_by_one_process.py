from dtlint.job.world import World
from dtlint.rule import Finding

SAVE = ("accelerate.Accelerator.save_state",)
SHARDED = ("DEEPSPEED", "FSDP")


def check(world: World):
    kind = world.first.config.field("distributed_type")
    if world.first.tool != "accelerate" or len(world.followed) < 2:
        return
    for process, saving in world.followed:
        for event in saving.called(*SAVE):
            for other, run in world.followed:
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
