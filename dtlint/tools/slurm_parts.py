"""Heterogeneous jobs of Slurm: several components with options of their own, granted together.

Lines `#SBATCH hetjob` (before 20.02 `packjob`) part them in a header, a colon on a command line; option lines of a
component hold for it alone, and `srun` starts a step on the first one if `--het-group` names no others:
`get_argument` and `process_options_first_pass` of src/sbatch/opt.c, `_get_het_group` of src/srun/opt.c (26.11),
https://slurm.schedmd.com/heterogeneous_jobs.html.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dtlint.run.word import Word
from dtlint.tools.options import Options, Spec, parse
from dtlint.value import Value

_SEPARATORS = frozenset({"hetjob", "packjob"})


def of_header(lines: Iterable[Sequence[Word]]) -> list[list[Word]]:
    """The words of each component, where `lines` are those of the whole header."""
    parts: list[list[Word]] = [[]]
    for line in lines:
        if (line[0].string or "").lower() in _SEPARATORS:
            parts.append([])
            line = line[1:]
        parts[-1] += line
    return parts


def of_command(words: Sequence[Word], spec: Spec) -> list[Options]:
    """The options of each component; what stands behind those of the last one is the program."""
    parts = [parse(words, spec)]
    while parts[-1].rest and parts[-1].rest[0].string == ":":
        parts.append(parse(parts[-1].rest[1:], spec))
    return parts


def chosen(group: Value) -> int | None:
    """The one component that `--het-group` names, the first without it; None for several, or an unknown one."""
    if group.is_absent:
        return 0
    return group.as_int().integer
