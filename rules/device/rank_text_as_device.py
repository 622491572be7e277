from dtlint.job.process import Process
from dtlint.mend import whole
from dtlint.rule import Finding
from dtlint.run.devices import mistyped
from dtlint.value import TRUE


def check(process: Process):
    for event, device, at in mistyped(process.run) if process.run is not None else ():
        if event.surely and device.trail:
            number = whole(at, r"[\w.\[\]\"']+", r"int(\g<0>)")
            yield Finding(when=TRUE, at=at, because=(device,), edits=(number,), device=device, call=event.method)
            return
