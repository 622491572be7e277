from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.undealt_batches import undealt
from dtlint.value import TRUE


def check(process: Process):
    found = undealt(process)
    if found is not None:
        yield Finding(
            when=TRUE,
            at=found.step.run,
            because=(
                ("the batches are made here", found.batched),
                ("the gradients of all replicas are summed here", found.step.apply),
            ),
        )
