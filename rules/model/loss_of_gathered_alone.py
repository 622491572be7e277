from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.cut_gradients import cut_gradients
from dtlint.value import TRUE


def check(process: Process):
    run = process.run
    for one in cut_gradients(run) if run is not None and not run.truncated else ():
        yield Finding(
            when=TRUE,
            at=one.gathering,
            because=(("what is gathered comes from here", one.layer), ("the backward pass", one.backward)),
            call=one.gathering.method,
        )
