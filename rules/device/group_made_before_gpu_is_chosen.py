import re

from dtlint.job.process import Process
from dtlint.job.visibility import mask
from dtlint.rule import Finding
from dtlint.run.current_gpu import early
from dtlint.run.devices import INITIALISER, leaves_devices_alone, may_choose, uses
from dtlint.value import TRUE

CHOICE = "torch.cuda.set_device"
RANK = "torch.distributed.get_rank"
MEETS = re.compile("barrier|all_?reduce|all_?gather|broadcast|synchroni[sz]e")
"""What code that was not read calls the functions in which processes meet."""


def check(process: Process):
    run = process.run
    if run is None or not process.local or run.sets_unknown_names:
        return
    group = next((event for event in run.called(INITIALISER) if over_nccl(event)), None)
    choice = next((use for use in uses(run) if use.binds), None)
    if group is None or choice is None or choice.event.index < group.index or not own(choice, process):
        return
    unread = [event for event in run.events if event.row is None and not leaves_devices_alone(event.name)]
    between = [event for event in unread if group.index < event.index < choice.event.index and meets(event)]
    if not between or any(event.index < group.index and may_choose(event.name) for event in unread):
        return
    # What surely takes GPU 0 until then is another mistake, and a graver one.
    if any(early(process)):
        return
    yield Finding(
        when=TRUE,
        at=group,
        because=(("cuda:0 is the current GPU here", between[0]), ("another one is chosen here", choice.event)),
        process=process.label,
        call=between[0].method,
    )


def over_nccl(event):
    """An NCCL group is surely made here, and not told its GPU."""
    bare = event.surely and not event.open and event.thing("device_id") is None
    return bare and (event.argument("backend") == "nccl").surely


def meets(event):
    return event.surely and MEETS.search(event.method.lower()) is not None


def own(choice, process):
    """It surely makes another GPU than the first the current one, or one that code chooses which was not read.

    Not where its number comes from the group, which has to be there first.
    """
    if not choice.event.surely or choice.event.name != CHOICE:
        return False
    asked = {event.at for event in process.called(RANK)}
    if any(step.at in asked for step in choice.index.trail):
        return False
    unread = choice.index.is_unknown and mask(process.environment) is None
    return unread or choice.index.integer == process.local
