from dtlint.job.world import World
from dtlint.rule import Finding
from dtlint.run.strategies import averaged_on_saving, made
from dtlint.value import TRUE


def check(world: World):
    runs = [one for one in world.processes if one.run is not None and made(one.run) is not None]
    if len(runs) < 2 or len(runs) < len(world.processes):
        return
    first, *others = runs
    for event, layer in averaged_on_saving(first.run):
        alone = [other for other in others if other.run.complete and not any(map(saves, other.run.events))]
        if event.surely and len(alone) == len(others):
            yield Finding(
                when=TRUE,
                at=event,
                because=(("its statistics are averaged then", layer),),
                call=event.method,
                first=first.label,
                second=others[0].label,
            )
            return


def saves(event):
    return "save" in event.method or "export" in event.method
