from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.steps import optimizer_of, optimizes, regroups
from dtlint.value import TRUE

FULLY_SHARD = "torch.distributed.fsdp.fully_shard"


def check(process: Process):
    run = process.run
    if run is None or run.truncated:
        return
    steps = [event for event in run.events if event.method == "step" and event.surely]
    for cut in run.called(FULLY_SHARD):
        module = cut.thing("module")
        if module is None or not cut.surely or cut.open or cut.thing("ignored_params") is not None:
            continue
        for step in steps:
            optimizer = optimizer_of(step)
            made = optimizer.made_by if optimizer is not None else None
            if made is None or not made.surely or not optimizes(optimizer, module) or regroups(run, optimizer):
                continue
            if made.index < cut.index < step.index:
                yield Finding(
                    when=TRUE, at=made, because=(("its parameters are replaced", cut), ("it steps", step))
                )
                break
