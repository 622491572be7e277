from dtlint.job.world import World
from dtlint.mend import written
from dtlint.rule import Finding, near
from dtlint.value import How


def check(world: World):
    launch = world.first
    above = next((each for each in launch.chain()[1:] if each.spreads), None)
    if above is None or not launch.per_host or above.allocation is None:
        return
    if above.nodes.integer == 1 and not numbered(launch):
        return  # the other nodes may be jobs of their own
    started = above.nodes
    # One job per node, each with work of its own, is a way to use an allocation.
    meant = (launch.nodes != 1) | world.alike
    yield Finding(
        when=(launch.nodes != started) & (launch.nodes > 0) & meant,
        at=near(launch.nodes, launch),
        because=(started,),
        edits=(written(launch.nodes, str(started)),) if started.known else (),
        tool=launch.tool,
        nodes=launch.nodes,
        started=started,
    )


def numbered(launch):
    """The node rank is the number that the launcher above gives to the nodes that it starts, so that it starts all."""
    return any(step.how is How.ENVIRONMENT for step in launch.node_rank.trail)
