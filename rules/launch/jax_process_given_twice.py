from dtlint.job.world import World
from dtlint.rule import Finding
from dtlint.run.jax_processes import twins
from dtlint.value import TRUE


def check(world: World):
    for mine, theirs in twins(world):
        yield Finding(
            when=TRUE,
            at=mine.event.argument_at("process_id"),
            because=(mine.index, ("started here", mine.process)),
            first=mine.process.label,
            second=theirs.process.label,
            index=mine.index,
            count=mine.count,
        )
        return
