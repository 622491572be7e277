from dtlint.job.process import Process
from dtlint.rule import Finding, near
from dtlint.run.shares_over_wholes import shares_over_wholes
from dtlint.value import known


def check(process: Process):
    if process.run is None or process.world is None:
        return
    for one in shares_over_wholes(process.run):
        yield Finding(
            when=process.world.size > known(1),
            at=one.quotient.written,
            because=(
                ("each process goes over a share of these samples", one.passed.loop.at),
                ("and the number is shown here", one.shown),
                near(process.world.size, process.world.first),
            ),
            size=process.world.size,
        )
