from dtlint.job.world import World
from dtlint.rule import Finding
from dtlint.run.recorders import doubled
from dtlint.value import TRUE


def check(world: World):
    for one in doubled(world):
        yield Finding(
            when=TRUE,
            at=one.event,
            because=[("called from here", place) for place in one.event.stack[-1:] if place.path != one.event.at.path],
            call=one.event.name,
            first=one.first.label,
            second=one.second.label,
            outcome=one.outcome,
        )
