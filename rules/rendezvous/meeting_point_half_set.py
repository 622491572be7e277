import re

from dtlint.job.joining import joinings
from dtlint.job.run import Run
from dtlint.rule import Finding
from dtlint.run.copying import SEVERAL_GPUS
from dtlint.run.devices import familiar
from dtlint.value import TRUE

BOTH = frozenset(("MASTER_ADDR", "MASTER_PORT"))
LEAVE_IT = ("srun", "mp.spawn")
"""Starters that set neither of them."""
OF_PLATFORMS = re.compile("MASTER|RANK|WORLD|NODE|SLURM")
"""Who asks for one of these counts on somebody who sets the address as well."""


def check(run: Run):
    if any(map(OF_PLATFORMS.search, run.wanted)):
        return
    for process in run.processes:
        above = process.spawned_by
        if process.launch is None or process.launch.tool not in LEAVE_IT:
            continue
        if not all_read(process) or (above is not None and not all_read(above)):
            continue
        for joining in list(joinings(process))[:1]:
            unset = {name for name in BOTH.intersection(joining.needs) if never_set(name, process)}
            found = [process.environment.get(name) for name in BOTH - unset]
            if len(unset) == 1 and BOTH.issubset(joining.needs) and found[0].trail:
                yield Finding(
                    when=TRUE,
                    at=joining.event,
                    because=(found[0], ("started here", process)),
                    set=next(iter(BOTH - unset)),
                    missing=next(iter(unset)),
                )


def all_read(process):
    """All that could set a variable for it was read, but for the terminal in which it is started."""
    run, presumed = process.run, {*process.presumed} - {SEVERAL_GPUS}
    if run is None or presumed or process.environment.unread or process.host.container is not None:
        return False
    asked = {read.name for read in run.reads if OF_PLATFORMS.search(read.name)} - BOTH
    return not run.sets_unknown_names and familiar(run) and all(map(process.environment.set, asked))


def never_set(name, process):
    """Nobody who was read sets it or asks for it."""
    for one in (process, process.spawned_by):
        if one is not None and any(each.name == name for each in (*one.writes, *one.run.reads)):
            return False
    return not process.environment.set(name)
