from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.devices import INITIALISER, seen


def check(process: Process):
    if process.run is None:
        return
    for event in process.run.called(INITIALISER):
        backend, visible = event.argument("backend"), seen(process, event)
        if event.surely and backend.trail and visible.trail:
            yield Finding(when=(backend == "nccl") & (visible == 0), at=backend, because=(visible,))
