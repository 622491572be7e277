from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.epochs import untold
from dtlint.value import TRUE


def check(process: Process):
    if process.run is None:
        return
    for event, what, loader in untold(process.run):
        because = (("the loader", loader.made_by),) if loader.made_by is not None else ()
        yield Finding(when=TRUE, at=event, because=because, what=what)
