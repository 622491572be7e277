from dtlint.job.joining import joinings
from dtlint.job.process import Process
from dtlint.rule import Finding, near
from dtlint.run.host import is_loopback

PRESUMED = "presumed"


def check(process: Process):
    world, launch = process.world, process.launch
    joining = next(joinings(process), None)
    if joining is None or world is None or launch is None or process is not world.processes[0]:
        return
    if PRESUMED in (launch.tool, world.above.first.tool if world.above is not None else ""):
        return
    started, here, size = world.size, world.per_node, joining.size
    differs = size != started
    if world.above is not None:
        started = world.above.size * started
        differs = size != started
    elif process.spawned_by is not None:
        # The script may be started by hand on other hosts, so that only too small a group is surely wrong.
        differs = size < started
    # On several nodes each may make a group of its own.
    meeting = (size != here) | ~is_loopback(joining.address)
    yield Finding(
        when=differs & meeting,
        at=near(size, joining.event),
        because=(started, ("started here", launch)),
        size=size,
        started=started,
    )
