from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.lost import lost
from dtlint.value import known


def check(process: Process):
    if process.run is None or process.world is None:
        return
    for event, parameter in lost(process.run):
        yield Finding(
            when=process.world.size > known(1), at=event.argument_at(parameter), call=event.method, parameter=parameter
        )
