from dtlint.job.run import Run
from dtlint.rule import Finding
from dtlint.run.twins import twins


def check(run: Run):
    for world in run.worlds:
        if world.above is not None or world.first.tool == "presumed":
            continue
        for one, twin, several in twins(run, world):
            mine, other = one.process.spawned_by, twin.process.spawned_by
            if mine is None or other is None or mine is other or not mine.host.is_(other.host):
                continue
            yield Finding(
                when=several,
                at=world,
                because=(
                    world.per_node,
                    ("each of them starts workers here", one.process),
                    ("where they all join as the same ranks", one.event),
                ),
                tool=world.first.called,
                count=world.per_node,
            )
            break
