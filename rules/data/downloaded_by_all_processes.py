from dtlint.job.world import World
from dtlint.rule import Finding
from dtlint.run.downloads import races
from dtlint.value import TRUE


def check(world: World):
    for race in races(world):
        yield Finding(
            when=TRUE,
            at=race.event,
            because=(race.folder,),
            first=race.first.label,
            second=race.second.label,
            what=race.what,
            folder=race.folder if race.folder.known else "one folder",
        )
