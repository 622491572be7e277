from dtlint.job.joining import joinings
from dtlint.job.run import Run
from dtlint.rule import Finding, near
from dtlint.run.host import is_loopback
from dtlint.value import known


def check(run: Run):
    joining = {id(process): next(joinings(process), None) for process in run.processes}
    for process in run.processes:
        container, mine = process.host.container, joining[id(process)]
        told = process.launch is not None and process.launch.ranks
        if container is None or mine is None or process.spawned_by is not None or told or shared(container):
            continue
        beside = [other for other in run.processes if other is not process and other.host.is_(process.host)]
        if any(serves(joining[id(other)]) for other in beside):
            continue
        yield Finding(
            when=(mine.rank > 0) & is_loopback(mine.address) & (container.host_network == known(False)),
            at=near(mine.address, mine.event),
            because=(mine.rank, ("its container", container.at)),
            address=mine.address,
            rank=mine.rank,
        )


def serves(joining):
    """It may be rank 0, which listens."""
    return joining is None or not (joining.rank > 0).surely


def shared(container):
    """It stands in the network of another container."""
    network = container.network
    return not network.is_absent and (network.string or "container:").startswith(("container:", "service:"))
