from dtlint.job.world import World
from dtlint.rule import Finding
from dtlint.run.splits import parted
from dtlint.value import TRUE


def check(world: World):
    for one in parted(world):
        seeded = one.mine.event
        yield Finding(
            when=TRUE,
            at=one.event,
            because=(("seeded here", seeded),) if seeded is not None else (),
            first=one.first.label,
            second=one.second.label,
            why=one.why,
        )
