from dtlint.job.world import World
from dtlint.rule import Finding
from dtlint.run.saving import happens
from dtlint.run.script.objects import as_value

NAMES = ("deepspeed.pipe.PipelineModule", "deepspeed.runtime.pipe.module.PipelineModule", "deepspeed.PipelineModule")


def check(world: World):
    followed = next(iter(world.followed), None)
    if followed is None:
        return
    size = world.size
    for event in followed[1].called(*NAMES):
        given = event.keywords.get("num_stages")
        if given is None or event.open or "topology" in event.keywords:
            continue
        stages = as_value(given)
        yield Finding(
            when=(stages > 0) & (size % stages != 0) & happens(event),
            at=event,
            because=(stages, size),
            stages=stages,
            size=size,
        )
