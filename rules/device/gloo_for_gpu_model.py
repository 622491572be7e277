from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.devices import INITIALISER, uses, wraps

LOOKS = frozenset({"torch.cuda.is_available", "torch.cuda.device_count"})
"""Calls of scripts that can do without GPUs."""


def check(process: Process):
    run, container = process.run, process.host.container
    if run is None:
        return
    if container is not None and container.gpus.is_absent and any(event.name in LOOKS for event in run.events):
        return  # no GPU is asked for, and the script does without
    gpu = next((use for use in uses(run) if use.event.surely and use.named and wraps(run, use.event.receiver)), None)
    for event in run.called(INITIALISER):
        backend = event.argument("backend")
        if process.presumed and not written_in(event, backend):
            continue  # who starts the script for real may well ask for another backend
        if gpu is not None and event.surely and backend.trail:
            yield Finding(when=backend == "gloo", at=backend, because=(("the model is on a GPU", gpu.event),))


def written_in(event, backend):
    """The call itself holds the backend, as `"gloo"` or `backend="gloo"`: no option and no condition decides it."""
    at = event.argument_at("backend")
    return all(step.at == at or (at.overlaps(step.at) and step.text.startswith("backend=")) for step in backend.trail)
