from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.micro_batch_schedules import too_fast
from dtlint.value import TRUE


def check(process: Process):
    if process.run is None or process.run.truncated:
        return
    for one in too_fast(process.run):
        yield Finding(
            when=TRUE,
            at=one.step,
            because=(
                ("as long as there are updates", one.made),
                ("micro batches come together here", one.within),
                one.steps,
            ),
            steps=one.steps,
        )
