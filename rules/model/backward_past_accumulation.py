from dtlint.job.run import Run
from dtlint.rule import Finding
from dtlint.run.loss_shares import undivided


def check(run: Run):
    for one in undivided(run):
        yield Finding(
            when=one.steps > 1,
            at=one.backward,
            because=(one.steps, ("gradients are accumulated here", one.accumulate)),
            steps=one.steps,
        )
