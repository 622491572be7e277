from dtlint.job.launch import Launch
from dtlint.mend import word
from dtlint.rule import Finding, near


def check(launch: Launch):
    rendezvous = launch.rendezvous
    if launch.tool != "torchrun" or rendezvous.kind != "c10d" or rendezvous.port.is_absent:
        return
    yield Finding(
        when=(launch.nodes > 1) & (rendezvous.port == 0),
        at=near(rendezvous.port, launch),
        because=(launch.nodes,),
        edits=(word(rendezvous.port.at, ":0", ":29500"),) if rendezvous.port.trail else (),
        nodes=launch.nodes,
    )
