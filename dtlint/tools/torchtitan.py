"""torchtitan's TOML configuration, and the options that take its place, as a Plan.

Sections and defaults: torchtitan/config_manager.py and torchtitan/config/job_config.py of 0.1 and 0.2, and before these
the sections `training` and `experimental`; constraints: torchtitan/distributed/parallel_dims.py and
pipeline_parallel.py.  Later releases have Python configurations (`--module`, `--config`), which are not read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from dtlint.job.plan import Plan
from dtlint.job.process import Process
from dtlint.run.files import Files
from dtlint.run.settings import value_of
from dtlint.run.word import Word
from dtlint.tools.options import Options, Spec, option, parse
from dtlint.value import Fields, How, Step, Value, known, unknown

FILE: Final = "--job.config_file"
SECTIONS: Final = ("parallelism", "training", "experimental")
REPLICAS: Final = "data_parallel_replicate_degree"
SHARDS: Final = "data_parallel_shard_degree"
MICRO_BATCH: Final = "pipeline_parallel_microbatch_size"
SETTINGS: Final = (
    REPLICAS,
    SHARDS,
    MICRO_BATCH,
    "tensor_parallel_degree",
    "pipeline_parallel_degree",
    "context_parallel_degree",
    "local_batch_size",
    "global_batch_size",
    "seq_len",
)
SPEC: Final = Spec(
    (option(FILE), *(option(f"--{section}.{name}") for section in SECTIONS for name in SETTINGS)),
    abbreviations=False,
    underscores=True,
    interspersed=True,
)


def plans(process: Process, files: Files) -> Iterator[Plan]:
    """The plan of a process that gets torchtitan's configuration file."""
    options = parse(_words(process), SPEC)
    # It takes no positional arguments: a word that is not known may be any option.
    unknown_words = tuple(word for word in options.rest if word.string is None)
    options = replace(options, hidden=(*options.hidden, *unknown_words))
    path = options.value(FILE).string
    if process.hidden or path is None or not path.endswith(".toml"):
        return
    found = files.resolve(path, process.exec.directory.string, process.script or process.at.path)
    document = files.document(found) if found is not None else None
    if document is None or not document.roots:
        return
    record = value_of(document.roots[0])
    if not isinstance(record.content, Fields) or not isinstance(record.field("training").content, Fields):
        return

    def degree(name: str) -> Value:
        return _setting(options, record, name).or_default(known(1))

    plan = Plan(at=document.roots[0].at, process=process, world=process.world, source="torchtitan")
    plan.tensor = degree("tensor_parallel_degree")
    plan.pipeline = degree("pipeline_parallel_degree")
    plan.context = degree("context_parallel_degree")
    shards = _setting(options, record, SHARDS)
    if (shards == -1).never and not shards.is_absent:
        plan.data = shards * degree(REPLICAS)
    elif not (degree(REPLICAS) == 1).always:
        plan.data = unknown("the data parallel degree", key=("data parallel", process.at))
    plan.micro_batch = _setting(options, record, "local_batch_size")
    plan.global_batch = _global_batch(_setting(options, record, "global_batch_size"), process)
    plan.sequence = _setting(options, record, "seq_len")
    plan.pipeline_micro_batch = _setting(options, record, MICRO_BATCH).or_default(
        known(1, Step(How.DEFAULT, f"{MICRO_BATCH} is 1 by default", plan.at))
    )
    yield plan


def _words(process: Process) -> tuple[Word, ...]:
    """Its arguments without a last `"$@"`, which is empty where the script is started as it stands (presumption 3):
    torchtitan's own scripts end so, and keep the file and the number of processes that fit together as defaults."""
    words = process.arguments
    return words[:-1] if words and words[-1].many and words[-1].written.strip('"') == "$@" else words


def _setting(options: Options, record: Value, name: str) -> Value:
    """The option, else what the file says, in whichever section the release has it."""
    given = [options.value(f"--{section}.{name}") for section in SECTIONS]
    written = [record.field(section).field(name) for section in SECTIONS]
    for value in (*given, *written):
        if not value.is_absent:
            return value.as_int()
    return written[0]


def _global_batch(value: Value, process: Process) -> Value:
    """A negative one stands for what one step of all processes takes."""
    return value if (value > 0).always else unknown("the global batch size", key=("global batch", process.at))
