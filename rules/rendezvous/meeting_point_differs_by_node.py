from dtlint.job.joining import joinings
from dtlint.job.world import World
from dtlint.rule import Finding, near
from dtlint.run.draws import own_address, own_port
from dtlint.run.jax_processes import started


def check(world: World):
    for what, mine, theirs, place, met in compared(world):
        if mine.is_absent or theirs.is_absent:
            continue
        yield Finding(
            when=(world.nodes > 1) & (mine != theirs),
            at=near(mine, place),
            because=(world.nodes, *met),
            what=what,
            mine=mine,
            nodes=world.nodes,
        )


def compared(world: World):
    """Of each thing that all nodes must say alike: its name, what one node says, and what another; where that is said,
    and where they meet if that is elsewhere."""
    if not world.first.ranks:
        return (*by_script(world), *by_jax(world))
    return by_launcher(world)


def by_launcher(world: World):
    for launch, other in world.pairs()[:1]:
        mine, theirs = launch.rendezvous, other.rendezvous
        if launch.at != other.at or mine.chosen or mine.kind in ("none", "mpi"):
            return
        yield "address", mine.address, theirs.address, launch, ()
        yield "port", mine.port, theirs.port, launch, ()
        if mine.kind != "static":
            yield "rendezvous id", mine.identity, theirs.identity, launch, ()


def by_jax(world: World):
    joined = started(world)
    mine = joined[0] if joined else None
    other = next((one for one in joined if not one.process.host.is_(mine.process.host)), None)
    if other is None or mine.event.at != other.event.at:
        return
    if ((mine.count > world.per_node) | (mine.count == world.size)).always:
        yield "address", mine.host, other.host, mine.event, (("they are to meet here", mine.event),)


def by_script(world: World):
    joined = [joining for process in world.processes for joining in list(joinings(process))[:1]]
    if joined:
        mine = joined[0]
        other = next((joining for joining in joined if not joining.process.host.is_(mine.process.host)), None)
        if other is not None and mine.event.at == other.event.at:
            met = (("they are to meet here", mine.event),)
            yield "address", mine.address, other.address, own_address(mine) or mine.event, met
            yield "port", mine.port, other.port, own_port(mine) or mine.event, met
