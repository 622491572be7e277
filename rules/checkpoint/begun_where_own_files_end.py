from dtlint.job.world import World
from dtlint.rule import Finding
from dtlint.run.resuming import own_begins
from dtlint.value import TRUE


def check(world: World):
    for one in own_begins(world):
        finds = "looks on the disk of its own host" if one.local else "does not look"
        yield Finding(when=TRUE, at=one.at, first=one.finds.label, second=one.other.label, finds=finds)
