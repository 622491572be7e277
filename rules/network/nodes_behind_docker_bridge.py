from dtlint.job.run import Run
from dtlint.rule import Finding
from dtlint.run.containers import on_default_bridge

OF_CONTAINERS = ("172.1", "172.2", "172.3")
"""Beginnings of the addresses that Docker gives to containers."""


ONLY_COMPOSE = ("build", "container_name", "gpus", "ipc", "privileged", "runtime", "shm_size")
"""Keys that a swarm, whose networks reach over all machines, does not take."""


def check(run: Run):
    # Several containers of one machine reach each other.
    alone = len({command.at for command in run.commands if may_start(command)}) == 1
    for world in run.worlds:
        launch, container = world.first, world.first.host.container
        if container is None or not launch.per_host:
            continue
        services = {id(process.host.container) for process in world.processes}
        # What runs in a service by its image or by a command that is not known may be one of the nodes.
        services |= {id(each) for each in run.containers() if each.kind == "compose" and each.command is None}
        if in_compose(run, container) or (alone and by_itself(launch, container)):
            yield Finding(
                when=world.nodes > len(services) if container.kind == "compose" else world.nodes > 1,
                at=container.at,
                because=(world.nodes, launch.rendezvous.address),
                nodes=world.nodes,
            )


def by_itself(launch, container):
    """One `docker run`, started on each machine."""
    address = launch.rendezvous.address.string or ""
    inside = not address or address.startswith(OF_CONTAINERS) or address == container.name.string
    return on_default_bridge(container) and not inside


def in_compose(run, container):
    """A service in the network that compose makes on each machine."""
    groups = [group for workload in run.workloads for group in workload.groups if group.trainer is container]
    if container.kind != "compose" or not groups or groups[0].count.integer != 1:
        return False
    record = groups[0].spec
    own = record.field("networks").is_absent and record.field("network_mode").is_absent
    reserved = not record.get("deploy.resources.reservations.devices").is_absent
    return own and (reserved or any(not record.field(name).is_absent for name in ONLY_COMPOSE))


def may_start(command):
    """It starts a container, or may."""
    words = [word.string for word in command.argv]
    docker = words[0] is None or words[0].endswith("docker")
    return docker and any(word in ("run", "start", "create", "compose", "exec", None) for word in words[1:3])
