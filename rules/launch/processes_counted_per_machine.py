from dtlint.job.launch import Launch
from dtlint.job.visibility import mask, visible
from dtlint.mend import written
from dtlint.rule import Finding, near


def check(launch: Launch):
    if launch.tool != "accelerate" or mask(launch.environment) is not None:
        return
    gpus = visible(launch.environment, launch.host)
    every = launch.nodes * gpus
    yield Finding(
        when=(launch.nodes > 1) & (gpus > 1) & (launch.total == gpus),
        at=near(launch.total, launch),
        because=(launch.nodes, gpus),
        edits=(written(launch.total, str(every)),) if every.known else (),
        total=launch.total,
        nodes=launch.nodes,
        each=launch.per_node,
        gpus=gpus,
    )
