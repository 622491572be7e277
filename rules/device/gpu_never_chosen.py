from dtlint.job.world import World
from dtlint.rule import Finding
from dtlint.run.devices import INITIALISER, WRAPPERS, familiar, shared, wraps
from dtlint.value import some


def check(world: World):
    if world.first.tool == "presumed":
        return
    found = list(shared(world))
    if not all(use.index.is_absent for use, _ in found):
        return
    for use, process in found:
        wrapped = use.event.name in WRAPPERS or wraps(process.run, use.event.receiver)
        if wrapped and familiar(process.run):
            gloo = some(event.argument("backend") == "gloo" for event in process.run.called(INITIALISER))
            yield Finding(
                when=(world.per_node > 1) & ~gloo,
                at=use.at,
                because=(world.per_node,),
                count=world.per_node,
            )
            return
