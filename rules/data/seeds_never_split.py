from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.dgl_seeds import all_seeds


def check(process: Process):
    run, world = process.run, process.world
    for loader, graph in all_seeds(run) if run is not None and world is not None else ():
        yield Finding(
            when=world.size > 1,
            at=loader,
            because=(("the graph that all of them hold", graph), world.size),
            trainers=world.size,
        )
        return
