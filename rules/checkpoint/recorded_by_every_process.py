from dtlint.job.world import World
from dtlint.rule import Finding
from dtlint.run.recorders import doubled
from dtlint.value import TRUE


def check(world: World):
    for one in doubled(world):
        yield Finding(
            when=TRUE,
            at=one.at,
            because=because(one),
            call=one.event.name,
            first=one.first.label,
            second=one.second.label,
            outcome=one.outcome,
        )


def because(one):
    if one.at != one.event.at:
        return [("here it is opened", one.event)]
    return [("called from here", place) for place in one.event.stack[-1:] if place.path != one.event.at.path]
