from dtlint.job.launch import Launch
from dtlint.rule import Finding, near


def check(launch: Launch):
    if launch.tool != "torchrun" or launch.node_rank.is_absent:
        return
    yield Finding(
        when=launch.node_rank >= launch.nodes,
        at=near(launch.node_rank, launch),
        because=(launch.nodes,),
        rank=launch.node_rank,
        nodes="a single node" if launch.nodes.integer == 1 else f"{launch.nodes} nodes",
    )
