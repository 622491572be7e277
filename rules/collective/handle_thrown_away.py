from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.handles import unawaited
from dtlint.value import known


def check(process: Process):
    if process.run is None or process.world is None:
        return
    for one in unawaited(process.run):
        yield Finding(
            when=process.world.size > known(1),
            at=one.event,
            because=(("the tensor is used here", one.use),),
            call=one.event.method,
            use=one.use.method,
        )
