from dtlint.job.launch import Launch
from dtlint.rule import Finding, near


def check(launch: Launch):
    if launch.tool != "accelerate":
        return
    started = launch.nodes * (launch.total // launch.nodes)
    yield Finding(
        when=(launch.nodes > 1) & (launch.total % launch.nodes != 0),
        at=near(launch.total, launch),
        because=(launch.nodes,),
        total=launch.total,
        nodes=launch.nodes,
        started=started,
    )
