"""Parameters of Open MPI that a launch gives: on the command line, in the environment as `OMPI_MCA_…`, or in files.

https://docs.open-mpi.org/en/v5.0.x/mca.html
"""

from __future__ import annotations

from typing import Final

from dtlint.job.launch import Launch
from dtlint.value import Value
from dtlint.value.value import Fields

_PREFIX: Final = "OMPI_MCA_"


def settings(launch: Launch) -> dict[str, Value]:
    """Where each parameter is set that is known to be set to something; the command line wins, a file yields."""
    written = launch.config.content
    found = dict(written.entries) if launch.tool == "mpirun" and isinstance(written, Fields) else {}
    found |= {
        name.removeprefix(_PREFIX): launch.environment.get(name)
        for name in launch.environment
        if name.startswith(_PREFIX)
    }
    for given in launch.options.given.get("--mca", ()):
        name = given.values[0].string if len(given.values) == 2 else None
        if name is not None:
            found[name] = given.led(given.values[1].value)
    return {name: value for name, value in found.items() if value.trail and value.string}
