from dtlint.job.world import World
from dtlint.rule import Finding
from dtlint.run.saving import wrapped

STATES = ("accelerate.Accelerator.save_state", "accelerate.Accelerator.load_state")
GATHERS = ("accelerate.Accelerator.get_state_dict", "accelerate.Accelerator.save_model")
SHARDED = ("DEEPSPEED", "FSDP")


def check(world: World):
    config = world.first.config
    kind = config.field("distributed_type")
    if world.first.tool != "accelerate" or len(world.followed) < 2:
        return
    for process, saving in world.followed:
        for event in saving.called(*STATES, *GATHERS):
            if event.name in GATHERS and not of_shards(saving, event):
                continue
            for other, run in world.followed:
                missing = all(event.at != each.at for each in run.called(event.name))
                if missing and run.reached_end and not run.truncated and not run.unread:
                    yield Finding(
                        when=cut_up(config, event),
                        at=event,
                        because=(kind,),
                        call=event.method,
                        first=process.label,
                        second=other.label,
                    )
                    break


def cut_up(config, event):
    """The state has the parts of an optimizer too, whole weights are gathered only where they are cut up."""
    kind = config.field("distributed_type")
    if event.name in STATES:
        return kind.one_of(*SHARDED)
    stage = config.field("deepspeed_config").field("zero_stage")
    return (kind == "FSDP") | ((kind == "DEEPSPEED") & (stage == 3))


def of_shards(run, event):
    """Of the model that was prepared, and of no copy beside it."""
    model = event.thing("model")
    return model is not None and any(model is thing for _, thing in wrapped(run))
