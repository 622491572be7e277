from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.late_layers import late_layers
from dtlint.value import TRUE


def check(process: Process):
    if process.run is None or process.run.truncated or process.run.unread:
        return
    for one in late_layers(process.run):
        yield Finding(
            when=TRUE,
            at=one.made,
            because=(("DDP takes note of the parameters that are there", one.wrap),),
            name=one.name,
        )
