from dtlint.job.world import World
from dtlint.rule import Finding
from dtlint.run.uneven_files import uneven_files
from dtlint.value import TRUE


def check(world: World):
    for one in uneven_files(world):
        yield Finding(
            when=TRUE,
            at=one.loop,
            because=(("all meet here in each round", one.meeting),),
            first=one.first.label,
            second=one.second.label,
            name=one.attribute,
            mine=one.counts[0],
            theirs=one.counts[1],
        )
