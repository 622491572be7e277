import re

from dtlint.job.workload import Replicas
from dtlint.rule import Finding
from dtlint.value import Fields, Items

NAMED_FOR_IT = re.compile(r"(?:^|[-_.])d?shm(?:$|[-_.])|shared-?mem|dev-?shm", re.IGNORECASE)


def check(group: Replicas):
    volumes, trainer = group.spec.field("volumes").content, group.trainer
    if trainer is None or trainer.kind != "pod" or not isinstance(volumes, Items):
        return
    if not group.spec.field("hostIPC").is_absent:
        return
    mounts = [mount for container in group.containers for mount in container.mounts]
    if any(mount.path.string is None or mount.path.string.rstrip("/") in ("/dev/shm", "/dev") for mount in mounts):
        return
    for volume in volumes.items:
        name, medium = volume.field("name"), volume.field("emptyDir").field("medium")
        if not NAMED_FOR_IT.search(name.string or "") or not isinstance(volume.content, Fields):
            continue
        elsewhere = next((mount.path for mount in mounts if mount.volume.string == name.string), None)
        if not seen(group) or (elsewhere is None and any(mount.volume.is_unknown for mount in mounts)):
            return
        yield Finding(
            when=medium == "Memory",
            at=elsewhere if elsewhere is not None else volume,
            because=(("the volume", volume),) if elsewhere is not None else (),
            name=name,
            where=f"is mounted at {elsewhere}, not at /dev/shm" if elsewhere is not None else "is mounted nowhere",
        )


def seen(group):
    """All containers and their mounts."""
    listing = group.spec.field("containers").content
    if not isinstance(listing, Items) or not listing.complete:
        return False
    records = [record for record in listing.items if isinstance(record.content, Fields) and record.content.complete]
    mounted = [record.field("volumeMounts") for record in records]
    whole = all(one.is_absent or (isinstance(one.content, Items) and one.content.complete) for one in mounted)
    return whole and len(records) == len(listing.items)
