from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.groups import groupless
from dtlint.value import TRUE


def check(process: Process):
    found = groupless(process)
    if found is not None and found.destroyed is not None:
        because = (("the group is taken down here", found.destroyed),)
        yield Finding(when=TRUE, at=found.event, because=because, call=found.event.method)
