import re

from dtlint.job.joining import joinings
from dtlint.job.world import World
from dtlint.rule import Finding, near
from dtlint.value import truth

FAULTS = (
    (re.compile(r"\w*://"), "a scheme stands in front"),
    (re.compile(r".*\s", re.DOTALL), "there is a blank in it"),
    (re.compile(r"[^:]*:\d+$"), "the port has a setting of its own"),
    (re.compile(r".*/"), "there is a slash in it"),
)
MET_BY_NAME = ("static", "c10d", "mpi")


def check(world: World):
    for address, place in said(world):
        text = address.string
        if text is None:
            continue
        fault = next((words for pattern, words in FAULTS if pattern.match(text)), None)
        yield Finding(when=truth(fault is not None), at=near(address, place), address=f'"{text}"', what=fault)


def said(world: World):
    """Where the launcher and the script say that the processes meet."""
    meeting = world.first.rendezvous
    if meeting.kind in MET_BY_NAME and meeting.address.trail:
        yield meeting.address, world.first
    for process in world.processes:
        joining = next(joinings(process), None)
        if joining is not None and joining.address.trail and not joining.address.same(meeting.address):
            yield joining.address, joining.event
