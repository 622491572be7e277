"""axolotl's YAML, and the options that take the place of its values, as a Plan.

Options: `load_cfg` of src/axolotl/cli/config.py of axolotl 0.18 (https://github.com/axolotl-ai-cloud/axolotl); what the
Trainer gets of it: src/axolotl/core/builders/base.py; degrees: `setup_parallelism_envs` of axolotl/utils/trainer.py,
with which accelerate wants their product to be the number of processes (`_validate_accelerator` of
accelerate/parallelism_config.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from dtlint.job.plan import Plan
from dtlint.job.process import Process
from dtlint.run.files import Files
from dtlint.run.releases import release
from dtlint.run.settings import value_of
from dtlint.run.word import plain
from dtlint.tools.axolotl_refusals import conflicts
from dtlint.value import Fields, How, Scalar, Step, Value, absent, fields, known, unknown

TRAIN: Final = "axolotl.cli.train"
"""The module that its processes run."""
FORMERLY: Final = {"context_parallel_size": "sequence_parallel_degree"}


def configuration(process: Process, files: Files) -> Value | None:
    """The record by which axolotl trains in this process; None where it, or an option beside it, is not known."""
    path = process.arguments[0].string if process.arguments else None
    if process.module != TRAIN or path is None or not path.endswith((".yaml", ".yml")):
        return None
    found = files.resolve(path, process.exec.directory.string, process.at.path)
    document = files.document(found) if found is not None else None
    record = value_of(document.roots[0]) if document is not None and document.roots else absent()
    given = _options(process)
    if not isinstance(record.content, Fields) or given is None:
        return None
    return fields({**record.content.entries, **given}, record.content.complete, record.trail)


def _options(process: Process) -> dict[str, Value] | None:
    """Settings on the command line; None where one is not known."""
    found: dict[str, Value] = {}
    for word, following in pairwise((*process.arguments[1:], plain("--", process.at))):
        name, equals, _ = word.head.partition("=")
        if word.string is None and not (name.startswith("--") and equals):
            return None
        if not name.startswith("--"):
            continue
        key = name[2:].replace("-", "_")
        parent = key.replace("__", ".").partition(".")[0]
        said = Step(How.OPTION, word.written, word.at)
        if parent != key:
            # One entry of a section; the others stay as the file has them.
            found[parent] = unknown(parent, key=("axolotl option", word.at))
        elif equals:
            found[key] = word.cut(len(name) + 1).value.because(said).mapped(key, _coerced)
        elif following.head.startswith("--"):
            found[key.removeprefix("no_")] = known(not key.startswith("no_"), said)
        else:
            said = Step(How.OPTION, f"{word.written} {following.written}", word.at)
            found[key] = following.value.because(said).mapped(key, _coerced)
    return found


def _coerced(scalar: Scalar) -> Scalar:
    """As `_coerce_value` reads the text of an option."""
    written = str(scalar).lower()
    if written in ("true", "yes", "false", "no"):
        return written in ("true", "yes")
    if written in ("null", "none", "~"):
        return None
    for read in (int, float):
        try:
            return read(written)
        except ValueError:
            continue
    return scalar


def arguments(process: Process, files: Files) -> Value | None:
    """The configuration in the names of the Trainer's arguments that axolotl makes of it."""
    record = configuration(process, files)
    if record is None or not isinstance(record.content, Fields):
        return None
    entries = dict(record.content.entries)
    micro, bf16 = record.field("micro_batch_size"), record.field("bf16")
    entries["per_device_train_batch_size"] = micro
    if record.field("gradient_accumulation_steps").is_absent:
        entries["gradient_accumulation_steps"] = record.field("batch_size") // micro
    if bf16.string == "auto":
        # A matter of the GPU.
        entries |= {name: unknown(name, key=("axolotl precision", process.at, name)) for name in ("fp16", "bf16")}
    elif (bf16 == True).always:  # noqa: E712 - a Truth
        entries["fp16"] = known(False, *bf16.trail)
    # It decides that by itself, with early stopping.
    entries.pop("load_best_model_at_end", None)
    if "activation_offloading" in entries:
        # It may take the place of checkpointing.
        entries.pop("gradient_checkpointing", None)
    return fields(entries, record.content.complete, record.trail)


def plans(process: Process, files: Files) -> Iterator[Plan]:
    """The plan of a process that trains by such a file, and not by Ray, which starts others."""
    record = configuration(process, files)
    if record is None or not record.field("use_ray").is_absent:
        return
    at = record.trail[0].at if record.trail else process.at
    plan = Plan(at=at, process=process, world=process.world, source="axolotl")
    if degree(record, "expert_parallel_size").integer == 1:
        plan.tensor, plan.context = degree(record, "tensor_parallel_size"), degree(record, "context_parallel_size")
        replicas, shards = degree(record, "dp_replicate_size"), degree(record, "dp_shard_size")
        if (shards > 1).always and (replicas > 1).always:
            plan.data = shards * replicas
        elif shards.integer != 1 or replicas.integer != 1:
            plan.data = unknown("the data parallel degree", key=("data parallel", process.at))
    if release(files, "axolotl", at.path).is_absent:
        plan.conflicts = tuple(conflicts(record, plan))
    yield plan


def degree(record: Value, name: str) -> Value:
    """A degree of parallelism, by its former name where the other is not set; 1 where none is."""
    value = record.field(name)
    if value.is_absent and name in FORMERLY:
        value = record.field(FORMERLY[name])
    return known(1) if value.is_absent or (value.known and value.constant in (None, 0)) else value.as_int()
