"""Grid Engine (SGE, UGE, Open Cluster Scheduler): what `#$` lines ask for, and what the batch script finds.

Options: qsub(1) and submit(1) of https://github.com/hpc-gridware/clusterscheduler .  How a parallel environment (`-pe
NAME SLOTS`) is spread over hosts, and whether a GPU resource counts by slot or by host, is the site's own setting: both
are unknown here.
"""

from __future__ import annotations

from typing import Final

from dtlint.facts.shell import ShellProgram
from dtlint.job.launch import Allocation
from dtlint.job.site import Site
from dtlint.run.word import Word
from dtlint.source import Span
from dtlint.tools import batch_header, batch_hosts
from dtlint.tools.batch_hosts import hidden
from dtlint.value import How, Step, Value, absent, known, unknown

MARK: Final = "#$"
VARIABLES: Final = (
    "JOB_ID", "JOB_NAME", "NSLOTS", "NHOSTS", "NQUEUES", "PE", "PE_HOSTFILE", "QUEUE", "SGE_TASK_ID", "SGE_O_WORKDIR",
    "SGE_O_HOST", "SGE_GPU", "SGE_HGR_gpu", "REQUEST", "RESTARTED", "TMPDIR",
)  # fmt: skip
"""Variables of a batch script whose values only the cluster knows."""
_NAMES: Final = "A N P S V ac cwd e hard j jc l m M o pe q r soft t tc v wd"
_OPTIONS: Final = frozenset(f"-{name}" for name in _NAMES.split())


def granted(program: ShellProgram, path: str, site: Site, scope: object) -> tuple[Allocation, dict[str, Value]] | None:
    """What the header asks for, with the variables of the batch script; None for a script without such lines."""
    words = batch_header.words(program, MARK) or []
    named = [index for index, word in enumerate(words) if word.string in _OPTIONS]
    if not named or named[0] != 0:
        return None
    at = batch_header.at(program, MARK, path)
    place = next((index for index in named if words[index].string == "-pe"), None)
    slots = _slots(words, place)
    nodes = known(1, Step(How.DEFAULT, "without -pe Grid Engine grants one host", at))
    gpus = site.cluster.gpus_per_node
    if place is not None:
        nodes = hidden("grid engine", "hosts", at)
    allocation = batch_hosts.granted("grid engine", at, scope, nodes, slots, absent(), absent(), gpus)
    return allocation, {name: unknown(f"${name}", key=("grid engine", at, name)) for name in VARIABLES}


def _slots(words: list[Word], place: int | None) -> Value:
    if place is None or place + 2 >= len(words):
        return absent()
    word = words[place + 2]
    said = Step(How.HEADER, f"-pe {words[place + 1].written} {word.written}", _whole(words[place], word))
    if word.string is not None and word.string.isdigit():
        return known(int(word.string)).because(said)
    return unknown("the slots of the job", key=("grid engine", "slots", word.at), low=1, whole=True, trail=(said,))


def _whole(first: Word, last: Word) -> Span:
    return Span(first.at.path, first.at.start, last.at.end) if first.at.end <= last.at.start else last.at
