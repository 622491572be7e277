from dtlint.job.joining import joinings
from dtlint.job.world import World
from dtlint.rule import Finding, near
from dtlint.run.shell.cut_lists import mistaken


def check(world: World):
    for address, place, allocation in addressed(world):
        found = mistaken(address) if allocation is not None else None
        if found is not None:
            sample, made = found
            yield Finding(
                when=allocation.nodes > 1,
                at=next((step.at for step in address.trail if "NODELIST" in step.text), near(address, place)),
                because=(allocation.nodes, ("they are to meet here", place)),
                sample=sample,
                made=made or "nothing",
            )
            return


def addressed(world):
    """Each address that a launcher or a script is told, with where that was found."""
    for launch in world.launches:
        yield launch.rendezvous.address, launch, launch.allocation
    for process in world.processes:
        for joining in joinings(process):
            yield joining.address, joining.event, world.first.allocation
