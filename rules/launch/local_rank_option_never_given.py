from dtlint.job.process import Process
from dtlint.job.world import World
from dtlint.rule import Finding
from dtlint.run.devices import uses

NAMES = frozenset({"--local_rank", "--local-rank"})


def check(world: World):
    launch = world.first
    ran = [process for process, _ in world.followed]
    first = next(iter(ran), None)
    other = next((process for process in ran if first and process is not first and process.host.is_(first.host)), None)
    if first is None or other is None or launch.passes or launch.options.hidden or not launch.ranks:
        return
    for place, declared in options(first):
        mine, theirs = index(first, place), index(other, place)
        if mine is not None and theirs is not None:
            yield Finding(
                when=(world.per_node > 1) & (mine.index == theirs.index),
                at=declared.at,
                because=(("started here", launch), ("the device is chosen here", mine.at)),
                tool=launch.called,
                option=declared.names[0],
                index=mine.index,
                processes=world.per_node,
            )


def options(process: Process):
    """Local rank options whose default counts, each with the place of the default."""
    for parser in process.run.parsers:
        for declared in parser.options:
            default = parser.parsed.get(declared.dest)
            if NAMES & set(declared.names) and default is not None and default.known and declared.default_at:
                yield declared.default_at, declared


def index(process: Process, place):
    """The first use of a GPU that the default at `place` chose."""
    chosen = (use for use in uses(process.run) if any(step.at == place for step in use.index.trail))
    return next((use for use in chosen if use.event.surely and use.index.known), None)
