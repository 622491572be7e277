from dtlint.job.world import World
from dtlint.rule import Finding
from dtlint.run.handover import early
from dtlint.value import TRUE


def check(world: World):
    for one in early(world):
        yield Finding(
            when=TRUE,
            at=one.load,
            because=(("it is written here", one.save),),
            saver=one.saver.label,
            loader=one.loader.label,
        )
