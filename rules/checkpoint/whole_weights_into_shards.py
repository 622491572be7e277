from dtlint.job.world import World
from dtlint.rule import Finding
from dtlint.run.whole_weights import mixed


def check(world: World):
    for one in mixed(world):
        yield Finding(
            when=one.when,
            at=one.load,
            because=(
                ("the parameters are cut into shards here", one.cut),
                ("the whole tensors come from here", one.source),
            ),
            cut=one.cut.method,
            source=one.source.method if one.source.receiver is not None else one.source.name,
        )
