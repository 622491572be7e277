from dtlint.job.world import World
from dtlint.rule import Finding
from dtlint.run.devices import INITIALISER, shared, wraps
from dtlint.value import some


def check(world: World):
    if world.first.tool == "presumed":
        return
    for use, process in shared(world):
        if (
            use.index.known
            and not from_local_rank_option(use, process.run)
            and (use.decides or wraps(process.run, use.event.receiver))
        ):
            # Processes that share a GPU on purpose use Gloo, which can.
            gloo = some(event.argument("backend") == "gloo" for event in process.run.called(INITIALISER))
            yield Finding(
                when=(world.per_node > 1) & ~gloo,
                at=use.at,
                because=(world.per_node,),
                count=world.per_node,
                index=use.index,
            )
            return


def from_local_rank_option(use, run):
    """The GPU is that of a local rank option which nobody gave: what is wrong is how the script was launched."""
    places = {step.at for step in use.index.trail}
    declared = (option for parser in run.parsers for option in parser.options)
    return any(option.default_at in places and option.dest == "local_rank" for option in declared)
