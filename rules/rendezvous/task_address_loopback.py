from dtlint.job.run import Run
from dtlint.rule import Finding
from dtlint.run.host import is_loopback
from dtlint.run.task_clusters import together
from dtlint.value import known


def check(run: Run):
    for one, other in together(run):
        for mine, theirs in ((one, other), (other, one)):
            address = theirs.address(mine.place) if mine.place is not None and mine.place != theirs.place else None
            apart = not mine.process.host.is_(theirs.process.host)
            if address is None or address.string is None or not apart:
                continue
            loopback = is_loopback(known(address.string.rpartition(":")[0]))
            if loopback.always:
                yield Finding(
                    when=loopback,
                    at=theirs.written_at(address),
                    because=(("TF_CONFIG is set here", theirs.at), ("it runs here", mine.process)),
                    kind=mine.place[0],
                    index=mine.place[1],
                    host=mine.process.host.name,
                    other=theirs.process.host.name,
                    address=address,
                )
                return
