from dtlint.job.world import World
from dtlint.mend import written
from dtlint.rule import Finding, near


def check(world: World):
    launch = world.first
    above = next((each for each in launch.chain()[1:] if each.spreads), None)
    if above is None or not launch.per_host or above.allocation is None or above.nodes.integer == 1:
        return
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
