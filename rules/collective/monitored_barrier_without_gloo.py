from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.effects import Effect
from dtlint.run.groups import INITIALISER

CALL = "torch.distributed.monitored_barrier"


def check(process: Process):
    run = process.run
    made = list(run.effects(Effect.INITIALISES)) if run is not None else []
    if len(made) != 1 or made[0].name != INITIALISER:
        return
    backend = made[0].argument("backend")
    for event in run.called(CALL):
        if event.argument("group").is_absent and event.surely and not event.caught and event.index > made[0].index:
            yield Finding(when=backend.one_of("nccl", "mpi", "ucc"), at=event, because=(backend,), backend=backend)
