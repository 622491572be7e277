from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.effects.tensorflow import STRATEGY
from dtlint.run.task_clusters import reader, told
from dtlint.value import TRUE


def check(process: Process):
    found, reads = told(process), reader(process.run)
    if found is not None and reads is not None and reads.name == STRATEGY and found.kind.string == "ps":
        yield Finding(when=TRUE, at=reads, because=(("TF_CONFIG is set here", found.at),), index=found.index)
