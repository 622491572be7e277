from dtlint.job.world import World
from dtlint.rule import Finding
from dtlint.run.collectives import comes_about
from dtlint.run.lone_shards import lone_shards
from dtlint.run.saving import happens
from dtlint.value import TRUE


def check(world: World):
    for one in lone_shards(world):
        run = one.saver.run
        comes = run is not None and comes_about(one.save, run)
        yield Finding(
            when=TRUE if comes else happens(one.save),
            at=one.save,
            because=(("the parameters are cut into shards here", one.cut),),
            saver=one.saver.label,
            other=one.other.label,
            cut=one.cut.method,
        )
