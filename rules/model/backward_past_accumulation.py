from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.loss_shares import undivided
from dtlint.value import truth


def check(process: Process):
    run = process.run
    if run is None or run.truncated:
        return
    # With DeepSpeed at work the engine divides, whoever calls it.
    by_engine = process.environment.set("ACCELERATE_USE_DEEPSPEED")
    for one in undivided(run):
        yield Finding(
            when=(one.steps > 1) & truth(not by_engine),
            at=one.backward,
            because=(one.steps, ("gradients are accumulated here", one.accumulate)),
            steps=one.steps,
        )
