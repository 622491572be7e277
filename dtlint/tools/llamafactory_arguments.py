"""The settings by which LLaMA-Factory trains: a file with words `key=value` behind it, or options.

`read_args` of src/llamafactory/hparams/parser.py of 0.9 (https://github.com/hiyouga/LlamaFactory).
"""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from dtlint.job.process import Process
from dtlint.run.files import Files
from dtlint.run.settings import value_of
from dtlint.run.word import plain
from dtlint.tools.llamafactory import LAUNCHER
from dtlint.value import Fields, How, Scalar, Step, Value, absent, fields, known

OWN: Final = ("finetuning_type", "template", "lora_target", "dataset_dir", "cutoff_len", "freeze_trainable_layers")
"""Settings that tell its files from those of other programs that take the Trainer's arguments."""
SCRIPTS: Final = ("train.py", "train_bash.py", "launcher.py", "cli.py")
"""Names of the scripts by which it is started without its command."""
_SWITCHES: Final = {"true": True, "false": False}


def arguments(process: Process, files: Files) -> Value | None:
    """The record by which it trains in this process; None where that is not known, or another program runs."""
    found = in_file(process, files)
    return _own(_options(process), process) if found is None and not _names_file(process) else found


def in_file(process: Process, files: Files) -> Value | None:
    """The same where the settings stand in a file."""
    path = process.arguments[0].string if process.arguments else None
    return _own(_file(path, process, files), process) if path is not None and _names_file(process) else None


def _names_file(process: Process) -> bool:
    path = process.arguments[0].string if process.arguments else None
    return path is not None and path.endswith((".yaml", ".yml", ".json"))


def _own(record: Value | None, process: Process) -> Value | None:
    """The record if it surely is LLaMA-Factory that gets it."""
    if record is None or not isinstance(record.content, Fields):
        return None
    if process.module == LAUNCHER:
        return record
    script = process.exec.argv[1].string if len(process.exec.argv) > 1 else None
    named = process.module is None and (script or "").rpartition("/")[2] in SCRIPTS
    return record if named and sum(name in record.content.entries for name in OWN) > 1 else None


def _file(path: str, process: Process, files: Files) -> Value | None:
    found = files.resolve(path, process.exec.directory.string, process.at.path)
    document = files.document(found) if found is not None else None
    record = value_of(document.roots[0]) if document is not None and document.roots else absent()
    if not isinstance(record.content, Fields):
        return None
    entries = dict(record.content.entries)
    for word in process.arguments[1:]:
        key, equals, _ = word.head.partition("=")
        if not equals or word.many or key.startswith("-"):
            return None
        step = Step(How.OPTION, word.written, word.at)
        entries[key] = word.cut(len(key) + 1).value.because(step).mapped(key, _read)
    return fields(entries, record.content.complete, record.trail)


def _options(process: Process) -> Value | None:
    """Options as HfArgumentParser reads them; one without a value is switched on."""
    found: dict[str, Value] = {}
    complete, skipped = True, False
    for word, following in pairwise((*process.arguments, plain("--", process.at))):
        if skipped:
            skipped = False
            continue
        name, equals, _ = word.head.partition("=")
        if not name.startswith("--"):
            complete = complete and word.string is not None
            continue
        key = name[2:].replace("-", "_")
        if equals:
            value = word.cut(len(name) + 1).value.because(Step(How.OPTION, word.written, word.at))
        elif following.head.startswith("--"):
            value = known(True, Step(How.OPTION, word.written, word.at))
        else:
            value = following.value.because(Step(How.OPTION, f"{word.written} {following.written}", word.at))
            skipped, complete = True, complete and not following.many
        found[key] = value.mapped(key, _read)
    return fields(found, complete) if found else None


def _read(scalar: Scalar) -> Scalar:
    """Text of the command line as a number, a switch or nothing."""
    if not isinstance(scalar, str):
        return scalar
    if scalar.lower() in _SWITCHES:
        return _SWITCHES[scalar.lower()]
    if scalar.lower() in ("null", "none", "~"):
        return None
    for kind in (int, float):
        try:
            return kind(scalar)
        except ValueError:
            continue
    return scalar
