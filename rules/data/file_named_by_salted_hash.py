from dtlint.job.world import World
from dtlint.rule import Finding
from dtlint.run.hashes import misnamed
from dtlint.value import TRUE


def check(world: World):
    told = set()
    for one in misnamed(world):
        if one.hashed.at in told:
            continue
        told.add(one.hashed.at)
        yield Finding(
            when=TRUE,
            at=one.hashed,
            because=(("saved here", one.saved), ("looked for here", one.loaded)),
            first=one.saver.label,
            second=one.loader.label,
        )
