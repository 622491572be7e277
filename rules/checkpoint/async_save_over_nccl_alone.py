from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.effects import Effect
from dtlint.run.groups import INITIALISER

CALL = "torch.distributed.checkpoint.async_save"


def check(process: Process):
    run = process.run
    made = list(run.effects(Effect.INITIALISES)) if run is not None else []
    if len(made) != 1 or made[0].name != INITIALISER or not made[0].surely:
        return
    backend = made[0].argument("backend")
    for event in run.called(CALL):
        own = event.argument("process_group").is_absent and event.argument("no_dist").is_absent
        if own and event.some_day and not event.caught and event.index > made[0].index:
            yield Finding(when=backend.one_of("nccl", "cuda:nccl"), at=event, because=(backend,), backend=backend)
