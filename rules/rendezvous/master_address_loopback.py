from dtlint.job.joining import joinings
from dtlint.job.world import World
from dtlint.mend import written
from dtlint.rule import Finding, near
from dtlint.run.host import is_loopback
from dtlint.value import TRUE

FIRST_NODE = "$(scontrol show hostnames $SLURM_JOB_NODELIST | head -n 1)"
BATCH = r"^#SBATCH "


def check(world: World):
    if on_one_machine(world):
        return
    for address, beyond, place in said(world):
        slurm = world.first.allocation is not None and world.first.allocation.scheduler == "slurm"
        yield Finding(
            when=(world.nodes > 1) & is_loopback(address) & beyond,
            at=near(address, place),
            edits=(written(address, FIRST_NODE, needs=BATCH),) if slurm else (),
            because=(world.nodes,),
            address=address,
            nodes=world.nodes,
        )


def said(world: World):
    """Where the processes are to meet by the launcher, and by the script that it starts on each node, with whether the
    group has more of them than one node: each node may make a group of its own."""
    # The first node finds itself under that name, and a command that is written for it may be the only one to use it.
    others = [launch for launch in world.launches if launch.written_rank or not (launch.node_rank == 0).always]
    for launch in [one for one in others or [world.first] if one.written_rank != 0]:
        address = launch.rendezvous.address
        if not address.is_absent and address.trail:
            yield address, TRUE, launch
    for process in world.processes[:1]:
        joining, told = next(joinings(process), None), world.first.rendezvous.address
        if joining is not None and not joining.address.is_absent and not joining.address.same(told):
            yield joining.address, joining.size > world.per_node, joining.event


def on_one_machine(world):
    """Containers that share the network of their machine, or may."""
    hosts = [process.host for process in world.processes]
    if any(host.container is None for host in hosts):
        return False
    hidden = any(not host.container.host_network.known for host in hosts)
    return hidden or (len(hosts) > 1 and all(host.is_(hosts[0]) for host in hosts))
