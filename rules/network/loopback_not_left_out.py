from dtlint.job.nccl import excludes
from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.value import truth

NAME = "NCCL_SOCKET_IFNAME"


def check(process: Process):
    listed = process.variable(NAME)
    if process.world is None or not listed.trail or listed.string is None:
        return
    nodes = process.world.nodes
    yield Finding(
        when=(nodes > 1) & truth(listed.string.startswith("^") and not excludes(listed.string, "lo")),
        at=listed,
        because=(nodes,),
        list=listed,
        nodes=nodes,
    )
