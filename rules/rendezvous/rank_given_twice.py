from dtlint.job.run import Run
from dtlint.rule import Finding
from dtlint.run.twins import twins


def check(run: Run):
    for world in run.worlds:
        if world.above is not None or world.first.tool == "presumed":
            continue
        for one, twin, several in twins(run, world):
            yield Finding(
                when=several,
                at=one.event.argument_at("rank"),
                because=(("started here", one.process), one.rank, one.size),
                first=one.process.label,
                second=twin.process.label,
                rank=one.rank,
            )
            break
