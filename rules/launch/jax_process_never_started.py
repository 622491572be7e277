from dtlint.job.run import Run
from dtlint.rule import Finding, near
from dtlint.run.jax_programs import missing, programs
from dtlint.value import TRUE


def check(run: Run):
    for program in programs(run):
        index = missing(run, program)
        if index is not None:
            first = program[0]
            yield Finding(
                when=TRUE,
                at=near(first.count, first.event),
                because=(("a process that waits is started here", first.process),),
                count=first.count,
                started=len(program),
                index=index,
            )
            return
