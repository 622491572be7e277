from dtlint.job.launch import Launch
from dtlint.job.visibility import listed, mask
from dtlint.rule import Finding


def check(launch: Launch):
    devices = mask(launch.environment)
    if not launch.one_gpu_each or devices is None:
        return
    started, visible = launch.per_node, listed(devices)
    yield Finding(
        when=(visible > 0) & (started > visible),
        at=started,
        because=(devices,),
        started=started,
        visible=visible,
        devices=devices,
    )
