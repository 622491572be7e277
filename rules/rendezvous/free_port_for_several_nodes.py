import re

from dtlint.job.launch import Launch
from dtlint.mend import Replaced
from dtlint.rule import Finding, near

FREE = re.compile(r":0(?![\w.])")


def check(launch: Launch):
    rendezvous = launch.rendezvous
    if launch.tool != "torchrun" or rendezvous.kind != "c10d" or rendezvous.port.is_absent:
        return
    yield Finding(
        when=(launch.nodes > 1) & (rendezvous.port == 0),
        at=near(rendezvous.port, launch),
        because=(launch.nodes,),
        edits=(Replaced(rendezvous.port.at, FREE, ":29500"),) if rendezvous.port.trail else (),
        nodes=launch.nodes,
    )
