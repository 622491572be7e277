from dtlint.job.world import World
from dtlint.rule import Finding
from dtlint.run.orders import shuffled
from dtlint.value import TRUE


def check(world: World):
    for one in shuffled(world):
        seeded = one.mine.event
        yield Finding(
            when=TRUE,
            at=one.event,
            because=(
                ("the sampler counts on one order", one.dealt.mine.at),
                *((("seeded here", seeded),) if seeded is not None else ()),
            ),
            first=one.dealt.first.label,
            second=one.dealt.second.label,
            call=one.event.name,
            why=one.why,
        )
