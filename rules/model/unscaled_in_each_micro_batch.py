from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.unscaling import unscaled_each_time


def check(process: Process):
    for one in unscaled_each_time(process):
        yield Finding(
            when=one.when,
            at=one.call,
            because=(one.steps, ("updates the scale once in these", one.updates)),
            call=one.call.method,
            steps=one.steps,
            engine=one.engine,
            guard=one.guard,
        )
