from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.nothing_given import used_as_tensor
from dtlint.value import TRUE


def check(process: Process):
    if process.run is None:
        return
    for event, words in used_as_tensor(process.run):
        yield Finding(when=TRUE, at=event, call=event.method, expression=words)
