from itertools import chain

from dtlint.job.world import World
from dtlint.rule import Finding
from dtlint.run.own_lengths import own_lengths
from dtlint.run.sharded_pipelines import sharded_pipelines
from dtlint.value import TRUE


def check(world: World):
    for one in chain(own_lengths(world), sharded_pipelines(world)):
        yield Finding(
            when=TRUE,
            at=one.dealt if one.sampled else one.loop,
            because=(
                ("the loop over it", one.loop) if one.sampled else ("each takes its own part here", one.dealt),
                ("all meet here in each round", one.meeting),
            ),
            first=one.first.label,
            second=one.second.label,
        )
