from dtlint.job.joining import joinings
from dtlint.job.run import Run
from dtlint.rule import Finding
from dtlint.run.host import is_loopback


def check(run: Run):
    for world in run.worlds:
        if world.above is not None or world.first.tool == "presumed":
            continue
        joined = [next(joinings(process), None) for process in members(run, world)]
        ranked = [joining for joining in joined if joining is not None and joining.rank.known]
        for joining in ranked:
            twin = next((other for other in ranked if met(joining, other) and joining.rank.same(other.rank)), None)
            if twin is not None:
                yield Finding(
                    when=joining.size > 1,
                    at=joining.event.argument_at("rank"),
                    because=(("started here", joining.process), joining.rank, joining.size),
                    first=joining.process.label,
                    second=twin.process.label,
                    rank=joining.rank,
                )
                break


def members(run: Run, world):
    """Processes of the world, and those that their scripts start."""
    spawned = [process for process in run.processes if process.spawned_by and process.spawned_by.world is world]
    return [*world.processes, *spawned]


def met(one, other):
    """Two processes that surely join one group, at the same place in the script."""
    if one.process is other.process or one.event.at != other.event.at:
        return False
    here = (one.address == other.address) & (one.port == other.port) & (one.size == other.size)
    apart = not one.process.host.is_(other.process.host)
    return (here & ~is_loopback(one.address)).always if apart else here.always
