from dtlint.job.joining import joinings
from dtlint.job.world import World
from dtlint.rule import Finding, near

OF_CALLER = ("SLURM_LAUNCH_NODE_IPADDR", "SLURM_SRUN_COMM_HOST")
OF_REQUESTS = ("--partition", "--account", "--qos", "--reservation")
"""Options that only a request for nodes has a use for: a step of a job has them already."""


def check(world: World):
    for address, environment, place, launch in addressed(world):
        step = next((one for one in launch.chain() if one.tool == "srun"), None)
        caller = asked_from(step) if step is not None else None
        name = next((each for each in OF_CALLER if environment.set(each) and environment.get(each).same(address)), None)
        if caller is None or name is None or address.known:
            continue
        yield Finding(
            when=step.nodes > 1,
            at=near(address, place),
            because=(step.nodes, ("they are to meet here", place), ("typed on that host", caller)),
            variable=f"${name}",
            called=caller.called,
            nodes=step.nodes,
        )
        return


def addressed(world):
    """Each address that a launcher or a script is told, with where that was found and the launch around it."""
    for launch in world.launches:
        yield launch.rendezvous.address, launch.environment, launch, launch
    for process in world.processes:
        for joining in joinings(process):
            yield joining.address, process.environment, joining.event, process.launch or world.first


def asked_from(step):
    """The command that asks for the nodes, and so is typed outside of them; None for a step of a batch job."""
    outer = next((one for one in step.chain() if one.tool == "salloc"), None)
    if outer is not None:
        return outer
    own = step.allocation is not None and step.allocation.at == step.exec.at
    return step if own and any(step.options.has(name) for name in OF_REQUESTS) else None
