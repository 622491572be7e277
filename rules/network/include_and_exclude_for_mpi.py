from dtlint.job.launch import Launch
from dtlint.rule import Finding
from dtlint.run.mca import settings
from dtlint.value import TRUE

PAIRS = tuple((f"{part}_if_include", f"{part}_if_exclude") for part in ("btl_tcp", "oob_tcp"))


def check(launch: Launch):
    if launch.tool != "mpirun":
        return
    given = settings(launch)
    for include, exclude in PAIRS:
        if include in given and exclude in given:
            yield Finding(
                when=TRUE,
                at=given[exclude],
                because=(("the other list", given[include]),),
                include=include,
                exclude=exclude,
            )
