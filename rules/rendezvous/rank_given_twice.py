from dtlint.job.joining import joinings
from dtlint.job.run import Run
from dtlint.rule import Finding
from dtlint.run.host import is_loopback
from dtlint.value import some

AGREED = ("c10d", "etcd", "etcd-v2", "unknown")
"""Kinds of a rendezvous of torchrun at which nobody names a rank of his own."""


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
                    # A rank above 0 says as well that there are several.
                    when=(joining.size > 1) | some(other.rank > 0 for other in ranked),
                    at=joining.event.argument_at("rank"),
                    because=(("started here", joining.process), joining.rank, joining.size),
                    first=joining.process.label,
                    second=twin.process.label,
                    rank=joining.rank,
                )
                break


def members(run: Run, world):
    """Processes of the world, and those that their scripts surely start."""
    spawned = [process for process in run.processes if process.spawned_by and process.spawned_by.world is world]
    return [*world.processes, *(process for process in spawned if surely_started(process))]


def surely_started(process):
    parent = process.spawned_by.run
    return parent is not None and any(child.event.surely for child in parent.children if child.at == process.at)


def agreed(joining):
    """The agents of torchrun agree on its rank when they meet: which node is which is not known before."""
    launch = joining.process.launch
    found = launch is not None and launch.rendezvous.kind in AGREED
    return found and joining.event.argument("rank").is_absent


def met(one, other):
    """Two processes that surely join one group, at the same place in the script."""
    if one.process is other.process or one.event.at != other.event.at or agreed(one):
        return False
    here = (one.address == other.address) & (one.port == other.port) & (one.size == other.size)
    apart = not one.process.host.is_(other.process.host)
    return (here & ~is_loopback(one.address)).always if apart else here.always
