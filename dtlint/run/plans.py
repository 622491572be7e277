"""Filling the plans of a run: each framework or configuration format reads its own settings."""

from __future__ import annotations

from dtlint.facts.document import Document
from dtlint.job.run import Run
from dtlint.run.files import Files
from dtlint.run.written import json_document
from dtlint.tools import (
    accelerate,
    colossalai,
    deepspeed_config,
    lightning,
    megatron,
    nemo,
    torchtitan,
    transformers,
    trl,
)
from dtlint.value import Value


def fill(run: Run, files: Files) -> None:
    """Add to `run.plans` what each world's processes set; one process of a world is enough: they share it."""
    seen: set[int] = set()

    def written(path: Value) -> Document | None:
        """What is in a JSON file that a shell of the run writes itself."""
        for entry in reversed(run.written):
            if entry.path.same(path):
                return json_document(entry.text, entry.text.at.path)
        return None

    for process in run.processes:
        if process.world is not None and id(process.world) in seen:
            continue
        process.trainer = transformers.trainer_plan(process)
        found = [
            *deepspeed_config.plans(process, files, written),
            *accelerate.plans(process, files),
            *megatron.plans(process),
            *torchtitan.plans(process, files),
            *colossalai.plans(process),
            *trl.plans(process, files),
            *lightning.plans(process, files),
            *nemo.plans(process, files),
        ]
        if process.world is not None and (found or process.run is not None):
            seen.add(id(process.world))
        run.plans += found
