from dtlint.job.process import Process
from dtlint.job.visibility import mask
from dtlint.rule import Finding
from dtlint.run.current_gpu import early
from dtlint.run.devices import INITIALISER, may_choose, uses
from dtlint.value import TRUE

CHOICE = "torch.cuda.set_device"
RANK = "torch.distributed.get_rank"


def check(process: Process):
    run = process.run
    if run is None or not process.local or run.sets_unknown_names:
        return
    group = next((event for event in run.called(INITIALISER) if over_nccl(event)), None)
    choice = next((use for use in uses(run) if use.binds), None)
    if group is None or choice is None or choice.event.index < group.index or not own(choice, process):
        return
    before = (event for event in run.events if event.index < group.index)
    # What happens on GPU 0 until then is another mistake, and a graver one.
    if any(event.row is None and may_choose(event.name) for event in before) or any(early(process)):
        return
    yield Finding(when=TRUE, at=group, because=(("the GPU is chosen", choice.event),), process=process.label)


def over_nccl(event):
    """An NCCL group is surely made here, and not told its GPU."""
    bare = event.surely and not event.open and event.thing("device_id") is None
    return bare and (event.argument("backend") == "nccl").surely


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
