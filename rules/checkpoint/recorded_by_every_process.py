from dtlint.job.world import World
from dtlint.rule import Finding
from dtlint.run.recorders import doubled
from dtlint.value import TRUE


def check(world: World):
    for one in doubled(world):
        yield Finding(
            when=TRUE,
            at=one.event,
            call=one.event.name,
            first=one.first.label,
            second=one.second.label,
            outcome=one.outcome,
        )
