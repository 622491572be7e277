from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.epochs import LOADER
from dtlint.value import TRUE


def check(process: Process):
    if process.run is None:
        return
    for event in process.run.called(LOADER):
        size = event.argument("batch_size")
        if event.surely and not event.open and size.integer == 0:
            yield Finding(when=TRUE, at=event.argument_at("batch_size"), because=(size,))
