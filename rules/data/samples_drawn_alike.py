from dtlint.job.world import World
from dtlint.rule import Finding
from dtlint.run.drawn_alike import drawn_alike
from dtlint.value import TRUE


def check(world: World):
    for one in drawn_alike(world):
        yield Finding(
            when=TRUE,
            at=one.sampler,
            because=(
                one.seed,
                ("all seed the generator alike", one.seeded),
                ("trained on here", one.one.loop.at),
                ("they train one model since here", one.joined),
            ),
            first=one.first.label,
            second=one.second.label,
            sampler=one.sampler.method,
            seed=one.seed if one.seed.known else "the same seed",
        )
