from dtlint.job.process import Process
from dtlint.rule import Finding


def check(process: Process):
    trainer = process.trainer
    for one in trainer.conflicts if trainer is not None else ():
        yield Finding(
            when=one.when, at=one.option if one.option.trail else trainer, because=one.because, reason=one.reason
        )
