from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.groups import groupless
from dtlint.value import TRUE


def check(process: Process):
    found = groupless(process)
    if found is None or found.destroyed is not None:
        return
    later = found.made_later
    # Where nothing launches the script, an option that was not given may be what makes the group.
    if later is not None and later.surely:
        because = (("the group is made here only", later),)
        yield Finding(when=TRUE, at=found.event, because=because, call=found.event.method)
