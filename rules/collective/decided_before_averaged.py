from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.keras_callbacks import decided_before_averaged
from dtlint.value import TRUE


def check(process: Process):
    for decides, averages in decided_before_averaged(process.run) if process.run is not None else ():
        yield Finding(
            when=TRUE,
            at=decides,
            because=(("the metrics are averaged behind it", averages),),
            callback=decides.method,
        )
