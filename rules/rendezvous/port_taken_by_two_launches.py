from itertools import combinations

from dtlint.job.joining import joinings
from dtlint.job.run import Run
from dtlint.rule import Finding, near
from dtlint.run.host import is_loopback

QUICK = frozenset({"basename", "cat", "cp", "date", "dirname", "hostname", "ln", "ls", "mkdir", "mv", "rm", "touch"})
"""Commands that are done before a launcher that was started in front of them listens."""


def check(run: Run):
    served = [(world, port) for world in run.worlds for port in [served_port(world)] if port is not None]
    blamed = set()
    for (one, port), (another, other) in combinations(served, 2):
        first, second = command(one), command(another)
        beside = one.first.host.is_(another.first.host) and first.overlaps(second) and not first.excludes(second)
        if another.first.rendezvous.yields and not together(run, first, second):
            continue
        if beside and second.at not in blamed:
            blamed.add(second.at)
            yield Finding(
                when=(port == other) & (port > 0),
                at=near(other, second),
                because=(("one is started here", first.line()[0]), ("the other, beside it", second.line()[0])),
                port=other,
            )


def served_port(world):
    """The port that the world's rank 0 serves on the host that is looked at; None where that is not known."""
    launch = world.first
    # Since Slurm 20.11 a step waits until what it asks for is free, on whichever nodes.
    if launch.tool == "presumed" or any(
        above.tool == "srun" and not above.options.has("--overlap") for above in launch.chain()
    ):
        return None
    meeting = launch.rendezvous
    if launch.ranks and meeting.kind == "static":
        here = (launch.nodes == 1) | served_here(launch.host, meeting.address)
        return meeting.port if here.always and not meeting.chosen else None
    joining = next((joining for process in world.processes[:1] for joining in joinings(process)), None)
    if joining is None or launch.ranks:
        return None
    here = (joining.rank == 0) & served_here(launch.host, joining.address)
    return joining.port if here.always else None


def together(run, first, second):
    """The second is started before the first can listen: no command between them may take a while."""
    places = [place for place, exec in enumerate(run.commands) if exec is first or exec is second]
    between = run.commands[places[0] + 1 : places[-1]] if len(places) > 1 else []
    return len(places) > 1 and all(quick(exec) or first in exec.line() or exec.at == first.at for exec in between)


def quick(exec):
    name = exec.argv[0].string
    return name is not None and name.rpartition("/")[2] in QUICK


def served_here(host, address):
    return is_loopback(address) | host.answers_to(address)


def command(world):
    """The command that starts the world, or the script that spawns its processes."""
    parent = next((process.spawned_by for process in world.processes), None)
    return parent.exec if parent is not None else world.first.exec
