from dtlint.job.process import Process
from dtlint.rule import Finding, near
from dtlint.run.horovod import counted
from dtlint.value import known


def check(process: Process):
    run = process.run
    if run is None or process.world is None:
        return
    for event in run.events:
        if not event.name.startswith("horovod.") or event.method != "LearningRateWarmupCallback":
            continue
        rate = event.argument("initial_lr")
        if event.surely and rate.known and isinstance(rate.constant, float) and not counted(rate):
            yield Finding(
                when=process.world.size > known(1),
                at=event.argument_at("initial_lr"),
                because=(rate, ("the processes", near(process.world.size, process.world.first))),
                rate=rate,
                size=process.world.size,
            )
