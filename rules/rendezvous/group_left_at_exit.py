from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.ends import groups_left
from dtlint.run.groups import INITIALISER
from dtlint.run.releases import at_least
from dtlint.value import TRUE

WARNS = (2, 4)
"""The first release that warns of it (pytorch/pytorch#126275)."""


def check(process: Process):
    run, world = process.run, process.world
    # Scripts that only lie about may be of a time when nobody did.
    if run is None or world is None or world.first.tool == "presumed" or not at_least(process.torch, WARNS):
        return
    last = groups_left(run)
    made = (event for event in run.called(INITIALISER) if event.surely and (event.argument("backend") == "nccl").surely)
    group = next(made, None)
    if last is not None and group is not None:
        yield Finding(when=TRUE, at=last, because=(("the group is made here", group),))
