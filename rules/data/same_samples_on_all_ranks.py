from dtlint.job.world import World
from dtlint.rule import Finding
from dtlint.run.pipelines import repeated
from dtlint.value import TRUE


def check(world: World):
    followed = [process for process in world.processes if process.run is not None][:2]
    if len(followed) < 2:
        return
    first, second = followed
    for one in repeated(first.run, second.run):
        yield Finding(
            when=TRUE,
            at=one.source,
            because=(("trained on here", one.fit),),
            first=first.label,
            second=second.label,
        )
