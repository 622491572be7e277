from dtlint.job.world import World
from dtlint.rule import Finding
from dtlint.run.prepared import kept
from dtlint.value import TRUE


def check(world: World):
    beside = next(((process, run) for process, run in world.followed if process.local and not run.truncated), None)
    if beside is None:
        return
    process, run = beside
    for one in kept(run):
        yield Finding(
            when=TRUE,
            at=one.assigned,
            because=((f"{one.hook} of every process asks for it", one.asked),),
            name=one.name,
            hook=one.hook,
            process=process.label,
        )
