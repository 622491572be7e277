from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.devices import INITIALISER, uses, wraps


def check(process: Process):
    run = process.run
    if run is None or process.presumed:
        return  # who starts the script for real may well ask for another backend
    gpu = next((use for use in uses(run) if use.event.surely and use.named and wraps(run, use.event.receiver)), None)
    for event in run.called(INITIALISER):
        backend = event.argument("backend")
        if gpu is not None and event.surely and backend.trail:
            yield Finding(when=backend == "gloo", at=backend, because=(("the model is on a GPU", gpu.event),))
