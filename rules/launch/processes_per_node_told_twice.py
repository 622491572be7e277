from dtlint.job.launch import Launch
from dtlint.rule import Finding
from dtlint.value import truth

OPEN_MPI = ("N", "npernode", "pernode", "map-by")


def check(launch: Launch):
    if launch.tool != "mpirun":
        return
    told = {}
    for name in ("--npernode", "--pernode", "--map-by"):
        for given in launch.options.given.get(name, ()):
            spelt = given.name.lstrip("-")
            if spelt in OPEN_MPI and (spelt != "map-by" or per_node(given.values[0].string or "")):
                told[spelt] = given
    if len(told) > 1:
        first, last = sorted(told.values(), key=lambda given: given.at)[:2]
        yield Finding(
            when=truth(True), at=first.at, because=((last.written, last.at),), first=first.written, last=last.written
        )


def per_node(mapping):
    parts = mapping.split(":")
    return parts[0] == "ppr" and len(parts) > 2 and parts[2] == "node"
