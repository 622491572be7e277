import re

from dtlint.job.world import World
from dtlint.rule import Finding
from dtlint.value import TRUE

MEANT = re.compile(r"cpu|gpu|cuda|rocm|arm|amd|ps\b", re.IGNORECASE)
"""Words of tags that differ for a reason."""


def check(world: World):
    containers = [process.host.container for process in world.processes if process.host.container is not None]
    if not containers or len(containers) < len(world.processes):
        return
    first = parts(containers[0])
    for container in containers[1:]:
        other = parts(container)
        if first is None or other is None or first[0] != other[0] or first[1] == other[1]:
            continue
        if MEANT.search(first[1]) or MEANT.search(other[1]):
            continue
        yield Finding(
            when=TRUE,
            at=container.image,
            because=(("the image of another one", containers[0].image),),
            name=first[0],
            mine=other[1],
            other=first[1],
        )
        return


def parts(container):
    """Name and tag of its image."""
    image = container.image.string
    if image is None or not container.image.trail or "@" in image:
        return None
    head, colon, tag = image.rpartition(":")
    return (head, tag) if colon and "/" not in tag else (image, "latest")
