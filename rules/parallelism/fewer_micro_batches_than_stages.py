from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.pipeline_schedules import HOME, parts, stages
from dtlint.value import TRUE

# The check came with 2.6 (pytorch/pytorch#144702); before, one micro batch hung and some others passed.
CHECKED_SINCE = 2_006


def check(process: Process):
    torch = process.torch
    checked = TRUE if torch.is_absent else torch.mapped("release", number) >= CHECKED_SINCE
    for event in process.called(HOME + "Schedule1F1B"):
        if event.surely and not event.caught:
            given, wanted = parts(event), stages(event)
            yield Finding(
                when=(given < wanted) & (given > 0) & checked,
                at=event,
                because=(given, wanted),
                parts=given,
                stages=wanted,
            )


def number(release):
    """2.5.1 is 2005."""
    major, minor = [*str(release).split("."), "0"][:2]
    return int(major) * 1_000 + int(minor)
