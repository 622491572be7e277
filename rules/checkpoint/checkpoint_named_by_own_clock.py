from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.clocks import clocked
from dtlint.value import known


def check(process: Process):
    if process.run is None or process.run.truncated or process.world is None:
        return
    for one in clocked(process.run):
        yield Finding(
            when=process.world.size > known(1),
            at=one.clock,
            because=(("the checkpoint that all processes write", one.save),),
            format=one.format,
            call=one.save.method,
        )
