from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.shapes import uneven
from dtlint.value import TRUE


def check(process: Process):
    if process.run is None or process.run.truncated or process.world is None or len(process.world.processes) < 2:
        return
    for one in uneven(process.run):
        yield Finding(
            when=TRUE,
            at=one.event,
            because=[(step.text, step.at) for step in one.because],
            call=one.event.method,
            tensor=one.event.row.alike,
        )
