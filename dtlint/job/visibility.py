"""How many GPUs a process can use: what its host has, less what a variable hides."""

from __future__ import annotations

from dtlint.run.environment import Environment
from dtlint.run.host import Host
from dtlint.value import Value, known, unknown

MASKS = ("CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES")


def mask(environment: Environment) -> Value | None:
    """The variable that hides devices, if somebody who was read set one (to something)."""
    for name in MASKS:
        if environment.set(name) and not environment.get(name).is_absent:
            return environment.get(name)
    return None


def listed(devices: Value) -> Value:
    """How many devices a list as in `CUDA_VISIBLE_DEVICES` makes visible.

    Only the devices in front of the first invalid one count, and an empty list hides all:
    CUDA C++ Programming Guide, "CUDA Environment Variables".
    """
    string = devices.as_text().string
    if string is None:
        return unknown(
            f"the number of devices in {devices}", key=("visible", str(devices), devices.trail[:1]), low=0, whole=True
        ).after(devices.trail)
    count = 0
    for device in string.split(","):
        device = device.strip()
        if not device or device == "-1" or (device[0] == "-" and device[1:].isdigit()):
            break
        if not (device.isdigit() or device.startswith(("GPU-", "MIG-"))):
            return unknown(f"the number of devices in {string}", key=("visible", string), low=0, whole=True).after(
                devices.trail
            )
        count += 1
    return known(count).after(devices.trail)


def visible(environment: Environment, host: Host) -> Value:
    """The number of GPUs that a process with this environment sees on `host`.

    An index in the list that the host does not have would end the list early, which is not looked at here.
    """
    hiding = mask(environment)
    return host.gpus if hiding is None else listed(hiding)
