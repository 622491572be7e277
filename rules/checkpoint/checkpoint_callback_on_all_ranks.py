from dtlint.job.world import World
from dtlint.rule import Finding
from dtlint.run.horovod import kept_by_both, started
from dtlint.value import TRUE


def check(world: World):
    first = next((process for process in world.processes if process.run is not None), None)
    if first is None or not started(first.run) or first.run.truncated:
        return
    for other in world.processes:
        beside = other is not first and other.run is not None and other.host.is_(first.host) and not other.run.truncated
        for one in kept_by_both(first.run, other.run) if beside else ():
            yield Finding(
                when=TRUE,
                at=one.callback,
                because=(("trained on here", one.fit),),
                path=one.path if one.path.known else "one file",
                first=first.label,
                second=other.label,
            )
        if beside:
            return
