from dtlint.job.launch import Launch
from dtlint.rule import Finding, near


def check(launch: Launch):
    above = launch.parent
    if not launch.per_host or above is None or not above.spreads:
        return
    yield Finding(
        when=(above.per_node > 1) & (launch.per_node > 1),
        at=near(above.per_node, above),
        because=(("started in each task", launch),),
        tool=launch.tool,
        tasks=above.per_node,
        each=launch.per_node,
        total=above.per_node * launch.per_node,
    )
