from dtlint.job.world import World
from dtlint.rule import Finding
from dtlint.run.monitored import of_each_process
from dtlint.value import TRUE


def check(world: World):
    for one in of_each_process(world):
        yield Finding(
            when=TRUE,
            at=one.log.argument_at("rank_zero_only"),
            because=((f"{one.callback.method} looks for it", one.callback),),
            name=one.name,
            callback=one.callback.method,
        )
