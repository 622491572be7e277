"""DeepSpeed's JSON configuration, in a file or as a dictionary in a script, as a Plan.

Keys and the batch equation: https://www.deepspeed.ai/docs/config-json/ and deepspeed/runtime/config.py
(`_batch_assertion`, `_set_batch_related_parameters`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final

from dtlint.facts.document import Document
from dtlint.facts.problem import Problem
from dtlint.job.plan import Plan
from dtlint.job.process import Process
from dtlint.job.site import known_tail
from dtlint.run.files import Files
from dtlint.run.settings import value_of
from dtlint.run.word import Word
from dtlint.source import Span
from dtlint.tools.megatron import SPEC as MEGATRON
from dtlint.tools.options import parse
from dtlint.tools.transformers import arguments_file, arguments_made
from dtlint.value import Fields, How, Step, Value, absent, known, unknown

if TYPE_CHECKING:
    from dtlint.run.script.trace import Event

OPTIONS: Final = ("--deepspeed_config", "--deepspeed-config", "--deepspeed", "--ds_config", "--ds-config")
"""Options behind which scripts take the file: the first is DeepSpeed's own (`add_config_arguments`), the third is
that of the Hugging Face Trainer."""

MODEL_PARALLEL: Final = ("tensor-model-parallel", "tensor_model_parallel", "pipeline-model-parallel", "pipe-parallel",
                         "model-parallel-size", "pipeline_parallel", "sequence-parallel-size")  # fmt: skip

GATHER: Final = "stage3_gather_16bit_weights_on_model_save"
PERSISTENT: Final = 100_000


Written = Callable[[Value], Document | None]
"""What is in a file that the job writes itself before it starts the process, by the file's path."""


def plans(process: Process, files: Files, written: Written) -> Iterator[Plan]:
    """One plan for each configuration that the process hands to DeepSpeed."""
    for record, at, direct, problems in _configurations(process, files, written):
        plan = plan_of(record, at, process)
        plan.problems = problems
        plan.reader = "" if direct else _reader(process, files)
        plan.trainer = process.trainer if not direct else None
        plan.direct = direct
        plan.pipeline = _stages(process)
        yield plan


def _reader(process: Process, files: Files) -> str:
    """The Trainer's arguments take the file with `json` (`HfDeepSpeedConfig` of accelerate/utils/deepspeed.py),
    and `deepspeed.initialize` with `hjson`."""
    engine = process.run is not None and any(process.run.called("deepspeed.initialize"))
    trains = bool(arguments_made(process)) or arguments_file(process, files) is not None
    return "transformers" if trains and not engine else ""


def _stages(process: Process) -> Value:
    """Pipeline stages of a program of Megatron's kind that is not here: it hands DeepSpeed a pipeline unless it is told
    not to (pretrain_gpt.py of https://github.com/deepspeedai/Megatron-DeepSpeed)."""
    if process.run is not None or not process.arguments:
        return absent()
    options = parse(process.arguments, MEGATRON)
    plain = any(word.string == "--no-pipeline-parallel" for word in process.arguments)
    if plain or options.hidden or not options.has("--deepspeed"):
        return absent()
    return options.value("--pipeline-model-parallel-size").as_int()


def plan_of(record: Value, at: Span, process: Process | None) -> Plan:
    """The record of one configuration as a plan."""
    plan = Plan(at=at, process=process, world=process.world if process else None, source="deepspeed", record=record)
    plan.global_batch = _number(record.field("train_batch_size"))
    plan.micro_batch = _number(record.field("train_micro_batch_size_per_gpu"))
    plan.accumulation = _number(record.field("gradient_accumulation_steps"))
    plan.fp16 = _switch(record, "fp16")
    plan.bf16 = _switch(record, "bf16")
    if plan.bf16.is_absent:
        plan.bf16 = _switch(record, "bfloat16")
    plan.zero_stage = _number(record.get("zero_optimization.stage"))
    plan.gathers_on_save = gathers_on_save(record, at)
    plan.persistent = persistent(record, at)
    plan.learning_rate = _number(record.get("optimizer.params.lr"))
    plan.clip = _number(record.field("gradient_clipping"))
    if process is None or not _whole_world_is_data_parallel(process, record):
        plan.data = unknown("the data parallel degree", key=("data parallel", at))
    return plan


def gathers_on_save(record: Value, at: Span) -> Value:
    """False by default; the older names still hold (deepspeed/runtime/zero/config.py)."""
    zero = record.field("zero_optimization")
    for name in ("16bit", "fp16"):
        for prefix in ("stage3_", ""):
            value = zero.field(f"{prefix}gather_{name}_weights_on_model_save")
            if not value.is_absent:
                return _number(value)
    return known(False, Step(How.DEFAULT, f"{GATHER} is false by default", at))


def persistent(record: Value, at: Span) -> Value:
    """100,000 by default; what transformers and accelerate put for "auto" is ten times the hidden size."""
    value = record.get("zero_optimization.stage3_param_persistence_threshold")
    if value.is_absent or value.string == "auto":
        return known(PERSISTENT, Step(How.DEFAULT, f"parameters of up to {PERSISTENT:,} elements stay whole", at))
    return value


def _number(value: Value) -> Value:
    """`"auto"` is filled in by the Trainer: not known here."""
    return unknown("auto", key=("auto", value.trail), trail=value.trail) if value.string == "auto" else value


def _switch(record: Value, name: str) -> Value:
    """`enabled` of a section; absent where the section is."""
    section = record.field(name)
    return section if section.is_absent else _number(section.field("enabled"))


def _configurations(
    process: Process, files: Files, written: Written
) -> Iterator[tuple[Value, Span, bool, tuple[Problem, ...]]]:
    """Records, their places, whether they go to DeepSpeed as they are, and what is wrong with their files."""
    given = False
    initialised: list[Event] = []
    if process.run is not None:
        initialised = list(process.run.called("deepspeed.initialize"))
        for event in initialised:
            for name in ("config", "config_params"):
                value, thing = event.argument(name), event.thing(name)
                record = record_of(value, process, files)
                if record is not None:
                    unseen = thing is not None and not isinstance(thing, Value) and thing.unseen
                    yield record, _place(record, event.argument_at(name)), not unseen, problems_of(record, files)
                given = given or not (value.is_absent or (value.known and value.constant is None))
        for event in arguments_made(process):
            value = event.argument("deepspeed")
            record = record_of(value, process, files)
            if record is not None:
                yield record, _place(record, event.argument_at("deepspeed")), False, problems_of(record, files)
            given = given or not (value.is_absent or value.is_unknown)
    if given:
        return
    arguments = arguments_file(process, files)
    if arguments is not None:
        record = record_of(arguments.field("deepspeed"), process, files)
        if record is not None:
            yield record, _place(record, process.at), False, problems_of(record, files)
        return
    direct = bool(initialised) and not arguments_made(process) and not _prepared_by_accelerate(process)
    for index, word in enumerate(process.arguments):
        path = _option_path(word, process.arguments[index + 1 :])
        if path is None:
            continue
        made, tail = written(path.value), known_tail(path)
        record = value_of(made.roots[0]) if made is not None and made.roots else None
        if record is None and tail is not None and tail.endswith(".json"):
            record = document(tail, process, files)
        if record is not None:
            problems = made.problems if made is not None else problems_of(record, files)
            yield record, record.trail[0].at if record.trail else word.at, direct, problems
            return


def _prepared_by_accelerate(process: Process) -> bool:
    return process.run is not None and any(process.run.called("accelerate.Accelerator"))


def _option_path(word: Word, following: tuple[Word, ...]) -> Word | None:
    """The word that names the configuration, if `word` is an option that takes one."""
    head = word.pieces[0].content if word.pieces else None
    if not isinstance(head, str):
        return None
    name, equals, _ = head.partition("=")
    if name not in OPTIONS:
        return None
    return word.cut(len(name) + 1) if equals else following[0] if following else None


def record_of(value: Value, process: Process, files: Files) -> Value | None:
    """A dictionary of the script, or what is in the JSON file that the value names; None for anything else."""
    if isinstance(value.content, Fields):
        return _sure(value)
    path = value.string
    return document(path, process, files) if path is not None and path.endswith(".json") else None


def _sure(value: Value) -> Value:
    """A script's dictionary without what only one side of a branch may have put in, which it does not tell apart."""
    if not isinstance(value.content, Fields):
        return value
    kept = value.content.entries if value.content.complete else {}
    return Value(Fields({key: _sure(entry) for key, entry in kept.items()}, value.content.complete), value.trail)


def document(path: str, process: Process, files: Files) -> Value | None:
    """The record of a file that the process names."""
    found = files.resolve(path, process.exec.directory.string, process.script or process.at.path)
    read = files.document(found) if found is not None else None
    if read is None or not read.roots:
        return None
    value = value_of(read.roots[0])
    if not isinstance(value.content, Fields):
        return None
    return value if value.trail else value.because(Step(How.WRITTEN, found or path, read.roots[0].at))


def problems_of(record: Value, files: Files) -> tuple[Problem, ...]:
    """What is wrong with the file in which the record stands; nothing for a dictionary of a script."""
    path = record.trail[0].at.path if record.trail else ""
    read = files.document(path) if path.endswith(".json") else None
    return read.problems if read is not None else ()


def _place(record: Value, otherwise: Span) -> Span:
    return record.trail[0].at if record.trail else otherwise


def _whole_world_is_data_parallel(process: Process, record: Value) -> bool:
    """No part of the world is taken by tensor, pipeline or sequence parallelism, as far as can be seen."""
    for word in process.arguments:
        text = word.string
        if text is not None and any(name in text for name in MODEL_PARALLEL):
            return False
    if process.run is None or process.run.truncated or process.run.unread:
        return False
    for event in process.run.events:
        if "PipelineModule" in event.name or event.method in ("initialize_model_parallel", "initialize_megatron"):
            return False
    calls = list(process.run.called("deepspeed.initialize"))
    trainers = arguments_made(process)
    plain = all(event.argument("mpu").is_absent and event.argument("mesh_param").is_absent for event in calls)
    lacks = all(record.field(name).is_absent for name in ("tensor_parallel", "sequence_parallel_size", "elasticity"))
    return bool(calls or trainers) and plain and lacks
