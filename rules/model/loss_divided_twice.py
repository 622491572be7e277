from dtlint.job.run import Run
from dtlint.rule import Finding
from dtlint.run.loss_shares import divided


def check(run: Run):
    for one in divided(run):
        yield Finding(
            when=one.again,
            at=one.by,
            because=(one.steps, ("divides by them itself", one.backward)),
            engine=one.engine,
            steps=one.steps,
        )
