from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.freezing import thawed_late
from dtlint.value import TRUE


def check(process: Process):
    if process.run is None or process.run.truncated or process.run.unread:
        return
    for wrap, freeze, thaw in thawed_late(process.run):
        yield Finding(
            when=TRUE,
            at=thaw,
            because=(("frozen here", freeze), ("left out by DDP here", wrap)),
        )
