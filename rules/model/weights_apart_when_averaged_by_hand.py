from dtlint.job.world import World
from dtlint.rule import Finding
from dtlint.run.hand_averaging import apart
from dtlint.value import TRUE


def check(world: World):
    one = apart(world)
    if one is not None:
        yield Finding(
            when=TRUE,
            at=one.averaged,
            because=(
                ("the weights are drawn here", one.made),
                *((("the seed", one.mine.event),) if one.mine.event is not None else ()),
            ),
            first=one.first.label,
            second=one.second.label,
            why=one.mine.why_apart(one.theirs, "torch"),
        )
