from dtlint.job.world import World
from dtlint.rule import Finding
from dtlint.run.monitored import missed
from dtlint.value import TRUE


def check(world: World):
    for one in missed(world):
        yield Finding(
            when=TRUE,
            at=one.metric.log,
            because=((f"{one.metric.callback.method} looks for it in each process", one.metric.callback),),
            name=one.metric.name,
            first=one.first.label,
            second=one.second.label,
        )
