from dtlint.job.process import Process
from dtlint.rule import Finding

NAMES = ("NCCL_SOCKET_IFNAME", "GLOO_SOCKET_IFNAME", "TP_SOCKET_IFNAME")


def check(process: Process):
    if process.world is None:
        return
    for name in NAMES:
        interface = process.variable(name)
        if interface.trail:
            loopback = interface.one_of("lo", "=lo", "lo0", "=lo0")
            nodes = process.world.nodes
            yield Finding(
                when=(nodes > 1) & loopback,
                at=interface,
                because=(nodes,),
                name=name,
                interface=interface,
                nodes=nodes,
            )
