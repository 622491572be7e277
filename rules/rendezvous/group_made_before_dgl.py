from dtlint.job.joining import INITIALISER
from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.tools.dgl import TOOL
from dtlint.value import TRUE

SERVES = "dgl.distributed.initialize"
ROLE = "DGL_ROLE"
"""By this variable a script may find that it is a server."""


def check(process: Process):
    run = process.run
    launched = process.launch is not None and any(one.tool == TOOL for one in process.launch.chain())
    if run is None or not launched or any(read.name == ROLE for read in run.reads) or run.reads_unknown_names:
        return
    group, start = next(run.called(INITIALISER), None), next(run.called(SERVES), None)
    if group is None or start is None or not (group.surely and start.surely) or group.caught:
        return
    if group.index < start.index:
        yield Finding(
            when=TRUE,
            at=group,
            because=(("servers get no further than here", start), ("servers are started here too", process.launch)),
        )
