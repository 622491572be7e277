from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.notebook_forks import early
from dtlint.value import TRUE


def check(process: Process):
    for one in early(process):
        count = one.fork.argument("num_processes")
        yield Finding(when=TRUE, at=one.fork, because=(("the accelerator is made here", one.made),), count=count)
