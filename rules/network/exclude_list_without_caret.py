import re

from dtlint.job.process import Process
from dtlint.mend import Replaced
from dtlint.rule import Finding
from dtlint.value import every, truth

NAME = "NCCL_SOCKET_IFNAME"
BEFORE = rf"\b{NAME}[\"']?[=:] ?[\"']?"
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
            mended=left_out(str(listed)),
            edits=mends(listed),
            nodes=nodes,
        )


def left_out(interfaces: str) -> str:
    """The list of interfaces to leave out, loopback among them, which a list takes the place of."""
    loopback = any(LOOPBACK.fullmatch(name.strip()) for name in interfaces.split(","))
    return f"^{interfaces}" if loopback else f"^{interfaces},lo"


def mends(listed):
    if listed.string is None:
        return (Replaced(listed.at, re.compile(f"{BEFORE}(?=[\\w$=])"), r"\g<0>^"),)
    written = re.compile(f"({BEFORE}){re.escape(listed.string)}")
    return (Replaced(listed.at, written, rf"\g<1>{left_out(listed.string)}"),)


def stays(interfaces: str) -> bool:
    """No interface of the list leads to another machine.  Loopback alone is another mistake."""
    names = [name.strip().removeprefix("=") for name in interfaces.split(",")]
    local = all(ONE_MACHINE.fullmatch(name) for name in names)
    return local and not all(LOOPBACK.fullmatch(name) for name in names)
