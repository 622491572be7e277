from dtlint.job.joining import joinings
from dtlint.job.world import World
from dtlint.rule import Finding, near
from dtlint.value import FALSE, TRUE

BY_SCRIPT = ("env", "mpi", "none", "script", "unknown")
"""Kinds of meeting of which the script is told, rather than the launcher at work."""


def check(world: World):
    told = list(served(world))
    # A rank that several hosts have is another mistake: one of them may be where it is looked for.
    if any(((rank == 0) & host.answers_to(address)).surely for host, rank, address, _ in told):
        return
    for host, rank, address, place in told:
        for other in {id(one.host.machine): one.host for one in (*world.launches, *world.processes)}.values():
            if other.is_(host):
                continue
            yield Finding(
                when=(rank == 0) & named(address, other) & ~host.answers_to(address),
                at=near(address, place),
                because=(rank, ("rank 0 is told so here", place)),
                address=address,
                first=host.name,
            )


def served(world: World):
    """Each host with a rank that it has, the address where rank 0 is to listen, and where it is told so."""
    # With c10d the host that the address leads to makes the store, and ranks are dealt out afterwards.
    if world.first.rendezvous.kind == "static":
        for launch in world.launches:
            if not launch.rendezvous.chosen:
                yield launch.host, launch.node_rank, launch.rendezvous.address, launch
        return
    for process in world.processes if world.first.rendezvous.kind in BY_SCRIPT else ():
        joining = next(joinings(process), None)
        if joining is not None and joining.event.argument("backend").string != "mpi":
            yield process.host, joining.rank, joining.address, joining.event


def named(address, host):
    """The address is the host's name, or the name of a pod with its subdomain behind it."""
    text, label = address.string, host.name.string
    if text is not None and label is not None:
        return TRUE if text.partition(".")[0] == label else FALSE
    return address == host.name
