from dtlint.job.world import World
from dtlint.rule import Finding
from dtlint.run.horovod import blind, started


def check(world: World):
    process = world.processes[0] if world.processes else None
    run = process.run if process is not None else None
    if run is None or world.first.tool == "presumed" or not started(run):
        return
    fit = blind(run)
    if fit is not None:
        gpus = process.visible_gpus
        yield Finding(
            when=(world.per_node > 1) & (gpus > 1),
            at=next(event for event in run.events if event.name.startswith("horovod.") and event.method == "init"),
            because=(("it computes from here on", fit), world.per_node, gpus),
            count=world.per_node,
            gpus=gpus,
        )
