from dtlint.job.world import World
from dtlint.rule import Finding
from dtlint.run.host import is_loopback


def check(world: World):
    address = world.first.rendezvous.address
    if address.is_absent or not address.trail:
        return
    yield Finding(
        when=(world.nodes > 1) & is_loopback(address),
        at=address,
        because=(world.nodes,),
        address=address,
        nodes=world.nodes,
    )
