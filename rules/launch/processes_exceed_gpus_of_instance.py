from dtlint.job.launch import Launch
from dtlint.rule import Finding, near


def check(launch: Launch):
    above = launch.parent
    if launch.tool != "mpirun" or above is None or above.tool != "SageMaker":
        return
    started, gpus = launch.per_node, launch.host.gpus
    kind = above.config.field("instance_type")
    yield Finding(
        when=(gpus > 0) & (started > gpus),
        at=near(started, launch),
        because=(("on instances of this type", kind),),
        started=started,
        gpus=gpus,
        kind=kind.string or "instance",
    )
