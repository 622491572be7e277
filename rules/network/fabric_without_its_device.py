from dtlint.job.run import Run
from dtlint.rule import Finding
from dtlint.run.containers import processes, worlds
from dtlint.value import known

DEVICE = "/dev/infiniband"
EFA = "vpc.amazonaws.com/efa"
NO_DEVICE = ("ephemeral-storage", "hugepages-1Gi", "hugepages-2Mi", "pods")
HANDED_OVER_BY = ("NVIDIA_MOFED", "MELLANOX_VISIBLE_DEVICES")
"""Variables with which a container runtime brings the devices by itself."""


def check(run: Run):
    for container in run.containers():
        setting = asked(run, container)
        if setting is None or has_device(container):
            continue
        name, value = setting
        for world, _ in worlds(run, container):
            yield Finding(
                when=(world.nodes > 1) & ~privileged(container),
                at=value,
                because=(("the container is started here", container.at), world.nodes),
                name=name,
                value=value,
                device=EFA if container.kind == "pod" else DEVICE,
            )
            break


def asked(run, container):
    """The variable that asks for the fabric: EFA's provider, or adapters of InfiniBand that are not switched off."""
    inside = [process.environment for process in processes(run, container)][:1]
    found = {}
    for name in ("FI_PROVIDER", "NCCL_IB_HCA", "NCCL_IB_DISABLE", "NCCL_NET", *HANDED_OVER_BY):
        given = container.variables.get(name) or next((each.get(name) for each in inside if each.set(name)), None)
        if given is not None and not given.is_absent:
            found[name] = given
    if any(name in found for name in HANDED_OVER_BY):
        return None
    if "FI_PROVIDER" in found and found["FI_PROVIDER"].string == "efa" and found["FI_PROVIDER"].trail:
        return "FI_PROVIDER", found["FI_PROVIDER"]
    hca = found.get("NCCL_IB_HCA")
    if container.kind == "pod" or hca is None or "NCCL_IB_DISABLE" in found or "NCCL_NET" in found:
        return None
    return ("NCCL_IB_HCA", hca) if hca.string and hca.trail else None


def has_device(container):
    """The devices are there, or may be."""
    devices = [device.string for device in container.devices]
    mounted = any(path(mount) in (DEVICE, "/dev", None) for mount in container.mounts)
    if container.kind == "pod":
        return mounted or any(device not in NO_DEVICE for device in devices)
    options = container.options
    hidden = options is not None and (bool(options.hidden) or options.has("--device-cgroup-rule"))
    return hidden or mounted or any(device is None or device.startswith((DEVICE, "/dev:")) for device in devices)


def path(mount):
    return mount.path.string.rstrip("/") if mount.path.string is not None else None


def privileged(container):
    return container.privileged == known(True)
