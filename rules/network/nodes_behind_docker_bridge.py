from dtlint.job.run import Run
from dtlint.rule import Finding
from dtlint.run.containers import on_default_bridge

OF_CONTAINERS = ("172.1", "172.2", "172.3")
"""Beginnings of the addresses that Docker gives to containers."""


def check(run: Run):
    if len({command.at for command in run.commands if may_start(command)}) != 1:
        return  # several containers of one machine reach each other
    for world in run.worlds:
        launch, container = world.first, world.first.host.container
        address = launch.rendezvous.address.string or ""
        if container is None or not launch.per_host or not on_default_bridge(container):
            continue
        if not address or address.startswith(OF_CONTAINERS) or address == container.name.string:
            continue
        yield Finding(
            when=world.nodes > 1,
            at=container.at,
            because=(world.nodes, launch.rendezvous.address),
            nodes=world.nodes,
        )


def may_start(command):
    """It starts a container, or may."""
    words = [word.string for word in command.argv]
    docker = words[0] is not None and words[0].endswith("docker")
    return docker and any(word in ("run", "start", "create", "compose", "exec", None) for word in words[1:3])
