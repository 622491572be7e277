from dtlint.job.world import World
from dtlint.rule import Finding
from dtlint.run.roots import disagreements
from dtlint.value import TRUE


def check(world: World):
    for one in disagreements(world):
        yield Finding(
            when=TRUE,
            at=one.event.argument_at(one.parameter),
            because=(one.root,),
            call=one.event.method,
            parameter=one.parameter,
            root=one.root,
            first=one.first.label,
            other=one.other_root,
            second=one.second.label,
        )
