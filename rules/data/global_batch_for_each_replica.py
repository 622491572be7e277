from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.replica_batches import global_batches
from dtlint.value import TRUE


def check(process: Process):
    for batch, dealt in global_batches(process.run) if process.run is not None else ():
        yield Finding(
            when=TRUE,
            at=batch.argument_at("batch_size"),
            because=(("each replica is given such batches", dealt),),
        )
