from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.ending_datasets import ending
from dtlint.value import TRUE


def check(process: Process):
    for found in ending(process.run) if process.run is not None else ():
        yield Finding(
            when=TRUE,
            at=found.fit,
            because=(("the batches are made here", found.batched),),
            batches=found.batches,
            steps=found.steps,
            epochs=found.epochs,
            needed=found.steps * found.epochs,
            epoch=found.batches // found.steps + 1,
        )
        return
