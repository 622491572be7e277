from dtlint.job.world import World
from dtlint.rule import Finding
from dtlint.run.restoring import misplaced


def check(world: World):
    for one in misplaced(world):
        yield Finding(
            when=world.per_node > 1,
            at=one.load,
            because=(("its tensors are on a GPU", one.save),),
            saver=one.saver.label,
            loader=one.loader.label,
            there=one.there,
            own=one.own,
        )
