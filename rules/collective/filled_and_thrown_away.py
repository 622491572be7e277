from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.lost import lost
from dtlint.value import known


def check(process: Process):
    if process.run is None or process.world is None:
        return
    for event, parameter in lost(process.run):
        if event.method.startswith("broadcast") and not receives(event, process):
            continue
        yield Finding(
            when=process.world.size > known(1), at=event.argument_at(parameter), call=event.method, parameter=parameter
        )


def receives(event, process):
    """Another process is surely the one that sends: what the sender holds was known before."""
    root, rank = event.argument("src").integer, process.rank.integer
    known = root is not None and rank is not None
    return event.surely and event.argument("group").is_absent and known and root != rank
