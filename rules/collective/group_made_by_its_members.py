from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.memberships import memberships


def check(process: Process):
    if process.run is None or process.world is None:
        return
    for one in memberships(process.run):
        together = one.made.argument("use_local_synchronization")
        yield Finding(
            when=together.absent | (together == False),  # noqa: E712 - a Truth
            at=one.made,
            because=(("only who is in it comes here", one.fork),),
            ranks=one.ranks,
        )
