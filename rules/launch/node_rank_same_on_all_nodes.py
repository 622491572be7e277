from dtlint.job.world import World
from dtlint.rule import Finding, near


def check(world: World):
    for first, other in world.pairs():
        rank = other.node_rank
        if not rank.known:
            return
        yield Finding(
            when=(world.nodes > 1) & (first.node_rank == rank),
            at=near(rank, other),
            because=(("on another node", first), world.nodes) if first.at != other.at else (world.nodes,),
            tool=world.first.tool,
            rank=rank,
            nodes=world.nodes,
        )
        return
