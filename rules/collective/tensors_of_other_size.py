from dtlint.job.world import World
from dtlint.rule import Finding
from dtlint.run.tensor_sizes import mismatches
from dtlint.value import TRUE


def check(world: World):
    for one in mismatches(world):
        yield Finding(
            when=TRUE,
            at=one.event,
            because=(("made here by the one", one.made), ("made here by the other", one.other_made)),
            call=one.event.method,
            first=one.first.label,
            second=one.second.label,
            size=str(one.size),
            other=str(one.other_size),
        )
