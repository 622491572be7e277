"""PBS Professional, OpenPBS and Torque: what a header asks for, and what the batch script finds on the first host.

`select=2:ncpus=8:ngpus=4:mpiprocs=4` of PBS Professional (PBS User's Guide, "Requesting Resources", and qsub(1B) of
https://github.com/openpbs/openpbs); `nodes=2:ppn=8:gpus=4` of Torque
(https://docs.adaptivecomputing.com/torque/4-1-3/Content/topics/2-jobs/requestingRes.htm).
"""

from __future__ import annotations

from typing import Final

from dtlint.facts.shell import ShellProgram
from dtlint.job.launch import Allocation
from dtlint.job.site import Site
from dtlint.record import record
from dtlint.run.word import Word
from dtlint.tools import batch_header, batch_hosts
from dtlint.tools.batch_hosts import hidden
from dtlint.tools.options import Spec, flag, option, parse
from dtlint.value import How, Step, Value, absent, known, unknown

MARK: Final = "#PBS"
_SPEC: Final = Spec(
    (*(option(f"-{letter}") for letter in "aAcCeEhJjklmMNopPqrStuvwW"), *(flag(f"-{letter}") for letter in "fIVXz")),
    joined=True,
)
VARIABLES: Final = (
    "PBS_JOBID", "PBS_NODEFILE", "PBS_O_WORKDIR", "PBS_O_HOST", "PBS_JOBNAME", "PBS_QUEUE", "PBS_NUM_NODES",
    "PBS_NUM_PPN", "PBS_NP", "PBS_GPUFILE", "NCPUS",
)  # fmt: skip
"""Variables of a batch script whose values only the cluster knows."""


@record
class Chunk:
    """One kind of host that is asked for: how many, and what each has, as written."""

    word: Word
    count: str
    resources: dict[str, str]

    def number(self, *names: str) -> Value:
        """The first of these resources; absent where none is asked for."""
        said = Step(How.HEADER, f"-l {self.word.written}", self.word.at)
        written = next((self.resources[name] for name in names if name in self.resources), None)
        return absent() if written is None else known(written).as_int().because(said)


def granted(program: ShellProgram, path: str, site: Site, scope: object) -> tuple[Allocation, dict[str, Value]] | None:
    """What the header asks for, with the variables of the batch script; None for a script without such lines."""
    words = batch_header.words(program, MARK)
    if words is None:
        return None
    at = batch_header.at(program, MARK, path)
    lists = [word for given in parse(tuple(words), _SPEC).given.get("-l", ()) for word in given.values]
    chunks = [chunk for word in lists for chunk in _chunks(word)]
    if len(chunks) == 1:
        (chunk,) = chunks
        said = Step(How.HEADER, f"-l {chunk.word.written}", chunk.word.at)
        nodes = known(chunk.count).as_int().because(said) if chunk.count.isdigit() else hidden("pbs", "hosts", at)
        tasks, gpus = chunk.number("mpiprocs", "ppn"), chunk.number("ngpus", "gpus")
    elif chunks:
        nodes, tasks, gpus = (hidden("pbs", what, at) for what in ("hosts", "tasks", "GPUs"))
    else:
        nodes = known(1, Step(How.DEFAULT, "without a request PBS grants one host", at))
        tasks = gpus = absent()
    allocation = batch_hosts.granted("pbs", at, scope, nodes, absent(), tasks, gpus, site.cluster.gpus_per_node)
    return allocation, {name: unknown(f"${name}", key=("pbs", at, name)) for name in VARIABLES}


def _chunks(word: Word) -> list[Chunk]:
    """`select=2:ngpus=4+1:ncpus=8` or `nodes=2:ppn=4`; none for a limit of another kind, such as `walltime=1:00:00`."""
    name, _, rest = (word.string or "").partition(",")[0].partition("=")
    if name not in ("select", "nodes"):
        return []
    chunks = []
    for part in rest.split("+"):
        count, *resources = part.split(":")
        if "=" in count:  # the number of chunks is 1 where it is left out
            count, resources = "1", [count, *resources]
        pairs = (resource.partition("=") for resource in resources)
        chunks.append(Chunk(word, count, {key: value for key, equals, value in pairs if equals}))
    return chunks
