from dtlint.job.launch import Launch
from dtlint.job.visibility import listed
from dtlint.rule import Finding, near


def check(launch: Launch):
    if launch.tool != "accelerate" or launch.options.has("--cpu"):
        return
    devices = launch.options.value("--gpu_ids")
    devices = launch.config.field("gpu_ids") if devices.is_absent else devices
    if devices.string == "all" or devices.is_absent or (devices.known and devices.constant is None):
        return
    count = listed(devices.as_text())
    yield Finding(
        when=(count > 0) & (launch.per_node > count) & (launch.per_node > 1),
        at=near(devices, launch),
        because=(launch.per_node,),
        devices=devices,
        count=count,
        started=launch.per_node,
    )
