from dtlint.job.run import Run
from dtlint.rule import Finding, near
from dtlint.run.jax_processes import started
from dtlint.run.jax_programs import hosts, leader, lost, programs
from dtlint.value import TRUE


def check(run: Run):
    for world in run.worlds:
        yield from launched(world)
    for program in programs(run):
        one, first = lost(program), leader(program)
        if one is not None and first is not None:
            yield Finding(
                when=TRUE,
                at=near(one.coordinator, one.event),
                because=(("the coordinator is here", first.process), ("and is looked for here", one.process)),
                address=one.coordinator,
                nodes=hosts(program),
            )
            return


def launched(world):
    for one in started(world):
        # Each host may have a program of its own.
        whole = (one.count > world.per_node) | (one.count == world.size)
        yield Finding(
            when=one.loopback & (world.nodes > 1) & whole,
            at=near(one.coordinator, one.event),
            because=(world.nodes, ("started here", world)),
            address=one.coordinator,
            nodes=world.nodes,
        )
        return
