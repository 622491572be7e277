from dtlint.job.world import World
from dtlint.rule import Finding
from dtlint.run.pipelines import repeated
from dtlint.value import TRUE


def check(world: World):
    if len(world.followed) < 2:
        return
    (first, mine), (second, theirs) = world.followed[:2]
    for one in repeated(mine, theirs):
        yield Finding(
            when=TRUE,
            at=one.source,
            because=(("trained on here", one.fit),),
            first=first.label,
            second=second.label,
        )
