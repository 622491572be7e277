from dtlint.job.launch import Launch
from dtlint.job.visibility import mask, visible
from dtlint.mend import word
from dtlint.rule import Finding, near


def check(launch: Launch):
    if launch.tool != "accelerate" or mask(launch.environment) is not None:
        return
    gpus = visible(launch.environment, launch.host)
    every = launch.nodes * gpus
    certain = every.known and launch.total.known and bool(launch.total.trail)
    yield Finding(
        when=(launch.nodes > 1) & (gpus > 1) & (launch.total == gpus),
        at=near(launch.total, launch),
        because=(launch.nodes, gpus),
        edits=(word(launch.total.at, str(launch.total), str(every)),) if certain else (),
        total=launch.total,
        nodes=launch.nodes,
        each=launch.per_node,
        gpus=gpus,
    )
