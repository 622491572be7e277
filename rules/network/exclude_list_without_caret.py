import re

from dtlint.job.process import Process
from dtlint.mend import Replaced
from dtlint.rule import Finding
from dtlint.value import every, truth

NAME = "NCCL_SOCKET_IFNAME"
BEFORE = re.compile(rf"\b{NAME}[\"']?[=:] ?[\"']?(?=[\w$=])")
LOOPBACK = re.compile(r"lo\d*")
ONE_MACHINE = re.compile(r"lo\d*|docker\w*|virbr\d*(-\w+)?|veth\w*|br-\w+")
"""Loopback, and the bridges and ends of virtual cables that container engines and hypervisors make on each machine."""


def check(process: Process):
    if process.world is None:
        return
    listed, nodes = process.variable(NAME), process.world.nodes
    if listed.options and listed.trail:
        yield Finding(
            when=(nodes > 1) & every(truth(stays(str(option))) for option in listed.options),
            at=listed,
            because=(nodes,),
            list=listed,
            edits=(Replaced(listed.at, BEFORE, r"\g<0>^"),),
            nodes=nodes,
        )


def stays(interfaces: str) -> bool:
    """No interface of the list leads to another machine.  Loopback alone is another mistake."""
    names = [name.strip().removeprefix("=") for name in interfaces.split(",")]
    local = all(ONE_MACHINE.fullmatch(name) for name in names)
    return local and not all(LOOPBACK.fullmatch(name) for name in names)
