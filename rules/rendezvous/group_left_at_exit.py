import re

from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.effects import Effect
from dtlint.run.ends import end, names
from dtlint.run.groups import INITIALISER
from dtlint.value import TRUE

DESTROYER = "destroy_process_group"
WARNS = (2, 4)
"""The first release that warns of it (pytorch/pytorch#126275)."""


def check(process: Process):
    run, world = process.run, process.world
    # Scripts that only lie about may be of a time when nobody did.
    if world is None or world.first.tool == "presumed":
        return
    if run is None or not run.complete or run.child or run.failure or any(run.effects(Effect.DESTROYS)):
        return
    made = list(run.effects(Effect.INITIALISES))
    last = end(run)
    # A framework's own object may clean up behind the script.
    if last is None or any(event.name != INITIALISER for event in made) or names(run, DESTROYER):
        return
    group = next((event for event in made if event.surely and (event.argument("backend") == "nccl").surely), None)
    if group is not None and warns(process.torch):
        yield Finding(when=TRUE, at=last, because=(("the group is made here", group),))


def warns(release):
    """It is the current one, or is pinned to one that is no older."""
    found = re.match(r"(\d+)\.(\d+)", release.string or "")
    return release.is_absent or (found is not None and (int(found[1]), int(found[2])) >= WARNS)
