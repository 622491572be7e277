from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.horovod_steps import parameters_listed
from dtlint.value import TRUE


def check(process: Process):
    run = process.run
    if run is None:
        return
    for event in run.called("horovod.torch.broadcast_parameters"):
        given = parameters_listed(event.thing("params"))
        if given and not event.caught:
            yield Finding(when=TRUE, at=event.argument_at("params"), given=given)
