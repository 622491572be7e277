from dtlint.job.joining import joinings
from dtlint.job.process import Process
from dtlint.rule import Finding, near
from dtlint.run.host import is_loopback
from dtlint.value import some

PRESUMED = "presumed"
ALONE = ("Pod", "Job", "Deployment", "StatefulSet", "ReplicaSet")
"""Kinds of Kubernetes that may stand for one process each."""


def check(process: Process):
    world, launch = process.world, process.launch
    joining = next(joinings(process), None)
    if joining is None or world is None or launch is None or process is not world.processes[0]:
        return
    joined = [next(joinings(one), None) for one in world.processes if one.run is not None]
    # Who stays outside has no part in the size, and groups of one process each are meant so.
    if None in joined or (len(joined) > 1 and all(one.size.integer == 1 and not one.rank.integer for one in joined)):
        return
    if PRESUMED in (launch.tool, world.above.first.tool if world.above is not None else ""):
        return
    started, here, size = world.size, world.per_node, joining.size
    differs = size != started
    if world.above is not None:
        started = world.above.size * started
        differs = size != started
    elif process.spawned_by is not None:
        # The script may be started by hand on other hosts, so that too large a group is surely wrong only where all
        # meet on their own host, and nothing else starts processes.
        differs = size < started
        if len(process.spawned_by.run.children) == 1:
            differs = differs | ((size > started) & is_loopback(joining.address))
    elif launch.rendezvous.kind == "none" and not launch.ranks:
        # One command on one host, such as that of ssh: the other ranks are started by other commands.
        differs = size < started
    elif launch.tool in ALONE and (launch.total == 1).always:
        # Whoever writes a manifest for each pod has the others in other manifests.
        differs = size < started
    elif launch.tool == "compose":
        # Other machines may hold the rest, unless all meet at a name that only this file knows.
        here_only = some(one.host.answers_to(joining.address) for one in world.processes)
        differs = (size < started) | ((size > started) & here_only)
    # On several nodes each may make a group of its own.
    meeting = (size != here) | ~is_loopback(joining.address)
    yield Finding(
        when=differs & meeting,
        at=near(size, joining.event),
        because=(started, ("started here", launch)),
        size=size,
        started=started,
    )
