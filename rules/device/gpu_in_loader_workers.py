from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.loader_forks import gpu_in_workers
from dtlint.value import TRUE


def check(process: Process):
    run = process.run
    if run is None:
        return
    for one in gpu_in_workers(run):
        yield Finding(
            when=TRUE,
            at=one.loader,
            because=(
                ("CUDA is at work in the process that forks", one.begun),
                ("each worker uses it here", one.touched),
            ),
            workers=one.workers,
        )
