from dtlint.job.joining import joinings
from dtlint.job.world import World
from dtlint.rule import Finding, near

LISTS = ("SLURM_JOB_NODELIST", "SLURM_NODELIST", "SKYPILOT_NODE_IPS")


def check(world: World):
    for address, environment, place, allocation in addressed(world):
        if allocation is None or address.is_absent:
            continue
        name = next((each for each in LISTS if named(environment, each) and environment.get(each).same(address)), None)
        if name is not None:
            yield Finding(
                when=allocation.nodes > 1,
                at=near(address, place),
                because=(allocation.nodes, ("they are to meet here", place)),
                variable=f"${name}",
                nodes=allocation.nodes,
            )
            return


def addressed(world):
    """Each address that a launcher or a script is told, with where that was found."""
    for launch in world.launches:
        yield launch.rendezvous.address, launch.environment, launch, launch.allocation
    for process in world.processes:
        for joining in joinings(process):
            yield joining.address, process.environment, joining.event, world.first.allocation


def named(environment, name):
    return environment.set(name) and environment.get(name).is_unknown
