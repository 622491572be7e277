from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.groups import INITIALISER
from dtlint.value import TRUE

OF_TRAINERS = ("RANK", "LOCAL_RANK", "WORLD_SIZE")
"""A script that looks whether they are there can tell that it runs as a server, as by `DGL_ROLE` itself."""


def check(process: Process):
    run, launch = process.run, process.launch
    if run is None or launch is None or launch.tool != "dgl launch.py":
        return
    tells = (read.name == "DGL_ROLE" or (read.name in OF_TRAINERS and not read.required) for read in run.reads)
    if run.reads_unknown_names or any(tells):
        return
    begun = next((event for event in run.called("dgl.distributed.initialize") if event.surely), None)
    if begun is None:
        return
    for group in run.called(INITIALISER):
        if group.index < begun.index and group.surely and not group.caught:
            yield Finding(
                when=TRUE,
                at=group,
                because=(("DGL's servers stay here, and come no further", begun), ("they are started here", launch)),
            )
            return
