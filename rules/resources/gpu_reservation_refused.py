from dtlint.job.workload import Replicas
from dtlint.rule import Finding
from dtlint.value import TRUE, Fields, Items

PATH = "deploy.resources.reservations.devices"


def check(group: Replicas):
    devices = group.spec.get(PATH).content
    if group.trainer is None or group.trainer.kind != "compose" or not isinstance(devices, Items):
        return
    for device in devices.items:
        if not isinstance(device.content, Fields) or not device.content.complete:
            continue
        if device.field("capabilities").is_absent:
            yield Finding(when=TRUE, at=device, what="names no capabilities")
        elif not device.field("count").is_absent and not device.field("device_ids").is_absent:
            yield Finding(when=TRUE, at=device, what="names both count and device_ids")
