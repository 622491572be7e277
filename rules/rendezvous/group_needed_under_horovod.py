from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.groups import under_horovod
from dtlint.value import TRUE


def check(process: Process):
    event = under_horovod(process)
    if event is not None:
        joins = next(one for one in process.run.events if one.name.startswith("horovod.") and one.method == "init")
        yield Finding(when=TRUE, at=event, because=(("Horovod starts here", joins),), call=event.method)
