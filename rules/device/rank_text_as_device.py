from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.devices import mistyped
from dtlint.value import TRUE


def check(process: Process):
    for event, device, at in mistyped(process.run) if process.run is not None else ():
        if event.surely and device.trail:
            yield Finding(when=TRUE, at=at, because=(device,), device=device, call=event.method)
            return
