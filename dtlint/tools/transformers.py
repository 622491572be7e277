"""The Hugging Face Trainer's arguments as a Plan: from the call, or from the command line that fills them in.

Fields and defaults: transformers/training_args.py of 4.30 to 5.x; options: transformers/hf_argparser.py.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from dtlint.job.plan import Plan
from dtlint.job.process import Process
from dtlint.run.files import Files
from dtlint.run.releases import minor, release
from dtlint.run.settings import value_of
from dtlint.run.word import Word
from dtlint.source import Span
from dtlint.tools import axolotl_config, llamafactory, llamafactory_arguments
from dtlint.tools.options import as_given
from dtlint.tools.trainer_refusals import conflicts
from dtlint.value import Fields, How, Scalar, Step, Value, absent, known, unknown

if TYPE_CHECKING:
    from dtlint.run.script.trace import Event

PLAIN: Final = ("transformers.TrainingArguments", "transformers.Seq2SeqTrainingArguments")
"""Classes whose defaults are those below; others that are built on them may have their own."""

DERIVED: Final = ("SFTConfig", "DPOConfig", "GRPOConfig", "RewardConfig", "KTOConfig", "ORPOConfig", "PPOConfig")

DEFAULTS: Final[dict[str, Scalar]] = {
    "per_device_train_batch_size": 8,
    "gradient_accumulation_steps": 1,
    "fp16": False,
    "bf16": False,
    "learning_rate": 5e-5,
    "weight_decay": 0.0,
    "max_grad_norm": 1.0,
    "eval_strategy": "no",
    "save_strategy": "steps",
    "save_steps": 500,
    "logging_steps": 500,
}

OTHER_ENGINES: Final = ("deepspeed", "fsdp", "fsdp_config", "accelerator_config", "ddp_static_graph")
"""With these the Trainer wraps the model in something else, or says that the graph stays the same."""

_YES: Final = frozenset(("yes", "true", "t", "y", "1"))
_NO: Final = frozenset(("no", "false", "f", "n", "0"))


def arguments_made(process: Process) -> list[Event]:
    """The calls that make a Trainer's arguments."""
    if process.run is None:
        return []
    return [
        event
        for event in process.run.events
        if event.method.endswith("TrainingArguments") or event.method in DERIVED
    ]


def arguments_file(process: Process, files: Files) -> Value | None:
    """The record of the file in which a program that is not here finds the Trainer's arguments.

    It stands in front, as LLaMA-Factory (src/llamafactory/hparams/parser.py) and axolotl take it.
    """
    if process.module == axolotl_config.TRAIN and process.run is None:
        return axolotl_config.arguments(process, files)
    own = llamafactory_arguments.in_file(process, files) if process.run is None else None
    if own is not None:
        return own
    path = process.arguments[0].string if process.arguments else None
    if process.run is not None or path is None or not path.endswith((".yaml", ".yml", ".json")):
        return None
    found = files.resolve(path, process.exec.directory.string, process.at.path)
    document = files.document(found) if found is not None else None
    record = value_of(document.roots[0]) if document is not None and document.roots else absent()
    return record if isinstance(record.content, Fields) and not record.field("output_dir").is_absent else None


def trainer_plan(process: Process, files: Files) -> Plan | None:
    """What the process asks of the Trainer; None where it surely or possibly has none."""
    record = arguments_file(process, files)
    if record is not None:
        others = any((word.string or "-").startswith("-") or "=" in word.written for word in process.arguments[1:])
        read = process.module in (axolotl_config.TRAIN, llamafactory.LAUNCHER)
        return None if others and not read else _plan(process, process.at, record.field, files)
    made = arguments_made(process)
    if len(made) > 1:
        return None
    if made and not (made[0].open and not made[0].keywords and not made[0].positional):
        return _plan(process, made[0].at, _set_later(made[0], of_call(made[0])), files)
    if not made and not _parses(process):
        return None
    values = of_command(process, defaults=bool(made) and made[0].name in PLAIN)
    if values is None:
        return None
    return _plan(process, process.at, _set_later(made[0], values) if made else values, files)


def _parses(process: Process) -> bool:
    """The script reads the Trainer's options from its command line, as far as it is here; else their names tell."""
    if process.run is not None:
        return any(process.run.called("transformers.HfArgumentParser"))
    names = ("--per_device_train", "--per-device-train")
    return any((word.string or "").startswith(names) for word in process.arguments)


def _plan(process: Process, at: Span, value: Callable[[str], Value], files: Files) -> Plan:
    other = [value(name) for name in OTHER_ENGINES]
    plain = all(given.is_absent or (given.known and given.constant is None) for given in other)
    config = _section(value("fsdp_config"), process, files)
    pinned = release(files, "transformers", process.script or process.at.path)
    return Plan(
        at=at,
        process=process,
        world=process.world,
        source="transformers",
        conflicts=tuple(conflicts(value)) if pinned.is_absent or _since(pinned, 4, 10) else (),
        micro_batch=value("per_device_train_batch_size"),
        accumulation=value("gradient_accumulation_steps"),
        fp16=value("fp16"),
        bf16=value("bf16"),
        learning_rate=value("learning_rate"),
        weight_decay=value("weight_decay"),
        steps=_counted(value("max_steps")),
        warmup=_counted(value("warmup_steps")),
        clip=value("max_grad_norm"),
        fsdp=value("fsdp"),
        wrapped_layers=_of_fsdp(config, "transformer_layer_cls_to_wrap", value("fsdp_transformer_layer_cls_to_wrap")),
        fsdp_checkpointing=_of_fsdp(config, "activation_checkpointing", absent()),
        deepspeed=value("deepspeed"),
        unused_search=value("ddp_find_unused_parameters") if plain else absent(),
        checkpointing=value("gradient_checkpointing"),
        reentrant=_reentrant(value("gradient_checkpointing_kwargs")),
    )


def _counted(steps: Value) -> Value:
    """Below 1 it is no count: epochs or a ratio say how many steps there are."""
    return steps if (steps >= 1).always else absent()


def _since(pinned: Value, *wanted: int) -> bool:
    """It is surely this release or a later one."""
    numbers = minor(pinned)
    return numbers is not None and numbers >= wanted


def _section(given: Value, process: Process, files: Files) -> Value:
    """A dictionary, or what is in the file that is named instead."""
    path = given.string
    found = files.resolve(path, process.exec.directory.string, process.script or process.at.path) if path else None
    document = files.document(found) if found is not None else None
    return value_of(document.roots[0]) if document is not None and document.roots else given


def _of_fsdp(config: Value, name: str, otherwise: Value) -> Value:
    """A setting of FSDP's dictionary, which older releases call by a longer name."""
    for each in (name, f"fsdp_{name}"):
        if not config.field(each).is_absent:
            return config.field(each)
    return otherwise


def _reentrant(given: Value) -> Value:
    """What `gradient_checkpointing_kwargs` says of it, a dictionary or, on the command line, JSON."""
    if given.string is None:
        return given.field("use_reentrant")
    try:
        read = json.loads(given.string)
    except ValueError:
        return absent()
    kind = read.get("use_reentrant") if isinstance(read, dict) else None
    return Value(known(kind).content, given.trail) if isinstance(kind, bool) else absent()


def _set_later(event: Event, value: Callable[[str], Value]) -> Callable[[str], Value]:
    """What the script writes into the arguments holds in the end: `arguments.bf16 = True`."""
    written = getattr(event.result, "attributes", {})

    def latest(name: str) -> Value:
        if name not in written:
            return value(name)
        thing = written[name]
        return thing if isinstance(thing, Value) else unknown(name, key=("written", event.at, name))

    return latest


def _default(name: str, at: Span) -> Value:
    if name not in DEFAULTS:
        return absent()
    return known(DEFAULTS[name], Step(How.DEFAULT, f"{name} is {DEFAULTS[name]} by default", at))


def of_call(event: Event) -> Callable[[str], Value]:
    def value(name: str) -> Value:
        given = event.argument(name)
        if given.is_absent:
            return _default(name, event.at) if event.name in PLAIN else absent()
        return given if given.trail else given.because(Step(How.OPTION, f"{name}={given}", event.argument_at(name)))

    return value


def of_command(process: Process, defaults: bool) -> Callable[[str], Value] | None:
    """Options as `HfArgumentParser` reads them; None where they come from a file."""
    words = process.arguments
    if not words or not (words[0].string or "").startswith("-"):
        return None
    hidden = next((word for before, word in pairwise(words) if word.string is None and not _is_option(before)), None)

    def value(name: str) -> Value:
        found = absent()
        for index, word in enumerate(words):
            head = word.pieces[0].content if word.pieces else None
            if not isinstance(head, str) or not head.startswith("--"):
                continue
            option, equals, _ = head[2:].partition("=")
            if option.replace("-", "_") != name:
                continue
            following = words[index + 1] if index + 1 < len(words) else None
            if equals:
                tail = word.cut(len(option) + 3)
                found = as_given(option, word, (tail,), attached=True).led(tail.value)
            elif following is None or (following.string or "").startswith("--"):
                found = as_given(option, word, (), attached=False).led(known(True))
            else:
                found = as_given(option, word, (following,), attached=False).led(following.value)
        if found.is_absent and hidden is not None:
            return unknown(f"--{name}", key=("hidden option", hidden.at, name))
        if found.is_absent:
            return _default(name, process.at) if defaults else found
        return found.mapped(name, _read)

    return value


def _is_option(word: Word) -> bool:
    """The word behind it is taken for its value."""
    return (word.string or "").startswith("--") and "=" not in (word.string or "")


def _read(scalar: Scalar) -> Scalar:
    """Text of the command line as a number or a switch."""
    if not isinstance(scalar, str):
        return scalar
    try:
        return int(scalar)
    except ValueError:
        pass
    try:
        return float(scalar)
    except ValueError:
        pass
    if scalar.lower() in _YES:
        return True
    return False if scalar.lower() in _NO else scalar
