import re

from dtlint.job.run import Run
from dtlint.rule import Finding, Sought
from dtlint.run.task_clusters import APART, addresses, together
from dtlint.value import TRUE


def check(run: Run):
    for mine, theirs in together(run):
        parted = next(parts(mine, theirs), None) if APART not in (mine.kind.string, theirs.kind.string) else None
        if parted is not None:
            kind, index = parted
            here, there = mine.address(parted), theirs.address(parted)
            yield Finding(
                when=TRUE,
                at=listed(theirs, kind),
                because=(("the other list", listed(mine, kind)), ("started here", theirs.process)),
                first=name(mine),
                second=name(theirs),
                kind=kind,
                index=index,
                mine=here if here is not None else "no address",
                theirs=there if there is not None else "no address",
            )
            return


def listed(one, kind):
    """The list in the file that holds it, or where the variable is set."""
    return Sought(one.file, rf'"{re.escape(kind)}"\s*:') if one.file is not None else one.at


def parts(mine, theirs):
    """Tasks for which both have addresses that cannot mean the same place."""
    for kind in dict.fromkeys((*mine.lists, *theirs.lists)):
        for index in range(max(len(one.lists.get(kind, ())) for one in (mine, theirs))):
            here, there = mine.address((kind, index)), theirs.address((kind, index))
            if kind != APART and (here is None or there is None or differs(here, there, mine, theirs)):
                yield kind, index


def differs(here, there, mine, theirs):
    """A host has several names, so that names alone prove nothing; but another task's address is not its own."""
    if here.string is None or there.string is None or here.string == there.string:
        return False
    ports = {address.string.rpartition(":")[2] for address in (here, there)}
    swapped = here.string in addresses(theirs) or there.string in addresses(mine)
    return swapped or (len(ports) == 2 and all(port.isdecimal() for port in ports))


def name(one):
    return " ".join(map(str, one.place)) if one.place is not None else f"the process on {one.process.host.name}"
