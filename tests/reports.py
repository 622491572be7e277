"""A report made by hand, for the tests of formats and baselines."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from dtlint.card import Card, parse
from dtlint.diagnostic import PROBLEM, Blocked, Cause, Diagnostic, Severity
from dtlint.fix import Edit, Fix
from dtlint.outcome import Report, Suppressed
from dtlint.source import Source, Span

ROOT = Path("/work space/job")

JOB = """\
#!/bin/bash
#SBATCH --nodes=2
#SBATCH --gpus-per-node=4

source env.sh
srun torchrun --nproc_per_node=$PROCS train.py
"""
ENV = "# how many\nexport PROCS=8\n"

CARD = """\
---
title: Launcher starts more processes per node than the node has GPUs
severity: error
message: "{started} processes on each node, but it has {granted} GPUs"
symptoms: [training/device-error]
fix_pattern: device-assignment
evidence: ["owner/repository#1"]
aliases: [too-many-procs]
---
## Why

The processes above the number of GPUs find **none** of their own.

## Fix

Start as many.

## Bad

`job.sbatch`:
```bash
torchrun
```

## Good

`job.sbatch`:
```bash
true
```

## Silent

`job.sbatch`:
```bash
true
```
"""


def span(path: str, text: str, part: str) -> Span:
    """The place of `part`, which stands once in `text`."""
    assert text.count(part) == 1
    return Span(path, text.index(part), text.index(part) + len(part))


def card(text: str = CARD, path: str = "rules/launch/procs_exceed_gpus.md") -> Card:
    return parse(text, Path(path))


def report(
    *diagnostics: Diagnostic,
    texts: Mapping[str, str] | None = None,
    suppressed: tuple[Suppressed, ...] = (),
    problems: tuple[Diagnostic, ...] = (),
    blocked: tuple[Blocked, ...] = (),
) -> Report:
    known = {"job.sbatch": JOB, "env.sh": ENV} if texts is None else texts
    sources = {path: Source(path, text) for path, text in known.items()}
    return Report(
        root=ROOT,
        diagnostics=diagnostics,
        problems=problems,
        suppressed=suppressed,
        blocked=blocked,
        sources=sources.get,
        cards={"procs-exceed-gpus": card()},
        statistics={"files": 2, "seconds": 0.25},
    )


FOUND = Diagnostic(
    rule="procs-exceed-gpus",
    severity=Severity.ERROR,
    message="8 processes on each node, but it has 4 GPUs",
    at=span("job.sbatch", JOB, "--nproc_per_node=$PROCS"),
    because=(
        Cause("PROCS=8", span("env.sh", ENV, "PROCS=8")),
        Cause("--gpus-per-node=4", span("job.sbatch", JOB, "--gpus-per-node=4")),
    ),
    help="start 4 processes per node",
    fix=Fix("start 4 processes per node", (Edit(span("env.sh", ENV, "8"), "4"),), safe=False),
)
BROKEN = Diagnostic(PROBLEM, Severity.WARNING, "is no JSON", Span("ds.json", 0, 0))
"""A problem in a file that has no text."""
