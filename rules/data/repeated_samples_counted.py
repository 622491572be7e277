from dtlint.job.process import Process
from dtlint.rule import Finding, near
from dtlint.run.repeated_samples import repeated_samples
from dtlint.value import known


def check(process: Process):
    if process.run is None or process.world is None:
        return
    for one in repeated_samples(process.run):
        yield Finding(
            when=process.world.size > known(1),
            at=one.gather,
            because=(
                ("the samples are dealt out here", one.prepared),
                ("the loader is made here", one.loader),
                ("and the metric counts them here", one.metric),
                near(process.world.size, process.world.first),
            ),
            size=process.world.size,
        )
