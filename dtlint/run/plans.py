"""Filling the plans of a run: each framework or configuration format reads its own settings."""

from __future__ import annotations

import posixpath

from dtlint.facts.document import Document
from dtlint.job.run import Run
from dtlint.run import nemo_calls, ulysses
from dtlint.run.files import Files
from dtlint.run.settings import value_of
from dtlint.run.written import json_document
from dtlint.tools import (
    accelerate,
    axolotl_config,
    colossalai,
    deepspeed_config,
    lightning,
    lightning_deepspeed,
    llamafactory_config,
    llmfoundry,
    megatron,
    nanotron,
    nemo,
    openrlhf,
    torchtitan,
    transformers,
    trl,
    verl,
    vllm,
)
from dtlint.value import Fields, Value


def fill(run: Run, files: Files) -> None:
    """Add to `run.plans` what each world's processes set; one process of a world is enough: they share it."""
    seen: set[int] = set()

    def written(path: Value) -> Document | None:
        """What is in a JSON file that a shell of the run writes itself."""
        for entry in reversed(run.written):
            if entry.path.same(path) or _one_file(entry.path.string, path.string):
                return json_document(entry.text, entry.text.at.path)
        return None

    for process in run.processes:
        if process.world is not None and id(process.world) in seen:
            continue
        process.trainer = transformers.trainer_plan(process, files)
        found = [
            *deepspeed_config.plans(process, files, written),
            *accelerate.plans(process, files),
            *axolotl_config.plans(process, files),
            *llamafactory_config.plans(process, files),
            *megatron.plans(process),
            *torchtitan.plans(process, files),
            *colossalai.plans(process),
            *trl.plans(process, files),
            *lightning.plans(process),
            *lightning_deepspeed.plans(process, files),
            *nemo.plans(process, files),
            *nemo_calls.plans(process),
            *nanotron.plans(process, files),
            *llmfoundry.plans(process, files),
            *openrlhf.plans(process, files),
            *verl.plans(process, files),
            *ulysses.plans(process, files),
            *vllm.plans(process, files),
        ]
        if process.world is not None and (found or process.run is not None):
            seen.add(id(process.world))
        run.plans += found


def read(run: Run, files: Files) -> None:
    """The plan of a configuration for DeepSpeed as it stands, without what a script or a trainer puts into it."""
    document = files.document(run.root)
    run.files.add(run.root)
    for root in document.roots[:1] if document is not None else ():
        record = value_of(root)
        if isinstance(record.content, Fields):
            run.plans.append(deepspeed_config.plan_of(record, root.at, None))


def _one_file(left: str | None, right: str | None) -> bool:
    """`./conf.json` is `conf.json`."""
    return left is not None and right is not None and posixpath.normpath(left) == posixpath.normpath(right)
