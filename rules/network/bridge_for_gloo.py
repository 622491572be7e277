import re

from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.value import truth

NAMES = ("GLOO_SOCKET_IFNAME", "TP_SOCKET_IFNAME")
BRIDGE = re.compile(r"docker\d+|virbr\d+(-nic)?")


def check(process: Process):
    if process.world is None:
        return
    for name in NAMES:
        listed = process.variable(name)
        if listed.trail and listed.string is not None:
            bridges = all(BRIDGE.fullmatch(entry) for entry in listed.string.split(","))
            nodes = process.world.nodes
            yield Finding(
                when=(nodes > 1) & truth(bridges), at=listed, because=(nodes,), name=name, list=listed, nodes=nodes
            )
