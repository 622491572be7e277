"""Lightning's Trainer as a Plan: made by a call, or by LightningCLI from files and options.

LightningCLI's options: https://lightning.ai/docs/pytorch/stable/cli/lightning_cli.html; strategies by name:
src/lightning/pytorch/strategies/.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final

from dtlint.job.plan import Plan
from dtlint.job.process import Process
from dtlint.run.files import Files
from dtlint.run.settings import value_of
from dtlint.run.word import Word
from dtlint.value import Fields, How, Step, Value, absent, known, unknown

if TYPE_CHECKING:
    from dtlint.run.script.objects import Thing
    from dtlint.run.script.trace import Event

TRAINER: Final = "lightning.pytorch.Trainer"
CLI: Final = "lightning.pytorch.cli.LightningCLI"
FILES: Final = ("-c", "--config")
SHARDED: Final = ("fsdp", "fsdp_cpu_offload")
MODULE: Final = "lightning.pytorch.LightningModule"
CLIPS: Final = "configure_gradient_clipping"
"""The hook in which a module may clip in its own way."""


def plans(process: Process, files: Files) -> Iterator[Plan]:
    """The plan of a process that surely makes one Trainer for a module that is known."""
    run = process.run
    if run is None:
        return
    made = [event for event in run.events if event.name in (TRAINER, CLI) or event.method == "FSDPPrecision"]
    if len(made) != 1 or not made[0].surely or made[0].method == "FSDPPrecision":
        return
    event = made[0]
    if event.name == CLI:
        models = [thing for thing in (event.thing("model_class"), *event.positional[:1]) if thing is not None]
        value = _of_cli(process, event, files)
    else:
        fits = [each for each in run.events if each.name == f"{TRAINER}.fit"]
        models = [thing for thing in (each.thing("model") for each in fits) if thing is not None]
        value = _of_call(event)
    if value is None or not models or not all(map(_plain, models)):
        return
    algorithm = value("gradient_clip_algorithm")
    by_norm = algorithm.is_absent or (algorithm == "norm").always
    plan = Plan(at=event.at, process=process, world=process.world, source="lightning")
    plan.clip = value("gradient_clip_val") if by_norm else absent()
    plan.fully_sharded = value("strategy").mapped("strategy", lambda it: it in SHARDED)
    yield plan


def _plain(model: Thing) -> bool:
    """The module, or its class, is one of the workspace that leaves clipping to the Trainer."""
    cls = getattr(model, "cls", model)
    outside, lookup = getattr(cls, "outside", None), getattr(cls, "lookup", None)
    return outside is not None and lookup is not None and lookup(CLIPS) is None and set(outside()) <= {MODULE}


def _of_call(event: Event) -> Callable[[str], Value] | None:
    if event.open:
        return None

    def value(name: str) -> Value:
        thing = event.thing(name)
        maker = getattr(thing, "made_by", None)
        if name == "strategy" and maker is not None:
            kind = "fsdp" if maker.method == "FSDPStrategy" else maker.method
            return known(kind, Step(How.OPTION, f"strategy={maker.method}(…)", event.argument_at(name)))
        given = event.argument(name)
        if given.is_absent or (given.known and given.constant is None):
            return absent()
        return given if given.trail else given.because(Step(How.OPTION, f"{name}={given}", event.argument_at(name)))

    return value


def _of_cli(process: Process, event: Event, files: Files) -> Callable[[str], Value] | None:
    """`trainer` of the files, the last one first, with the options behind them; None where more than that may count."""
    words = process.arguments
    if event.open or not event.argument("trainer_defaults").is_absent or any(word.string is None for word in words):
        return None
    records: list[Value] = []
    options: dict[str, Value] = {}
    for index, word in enumerate(words):
        name, equals, _ = (word.string or "").partition("=")
        following = words[index + 1] if index + 1 < len(words) else None
        given = word.cut(len(name) + 1) if equals else following
        if given is None:
            continue
        if name in FILES:
            record = _record(given, process, files)
            if record is None:
                return None
            records.insert(0, record.field("trainer"))
        elif name.startswith("--trainer."):
            written = word.written if equals else f"{word.written} {given.written}"
            options[name.removeprefix("--trainer.")] = given.value.because(Step(How.OPTION, written, word.at))

    def value(name: str) -> Value:
        if any(option.startswith(f"{name}.") for option in options):
            return unknown(name, key=("lightning option", process.at, name))
        found = options.get(name, absent())
        for record in records:
            found = found.or_default(record.field(name))
        if isinstance(found.content, Fields):
            kind = found.field("class_path")
            return known("fsdp", *kind.trail) if (kind.string or "").endswith(".FSDPStrategy") else kind
        return absent() if found.known and found.constant in (None, "null") else found

    return value


def _record(word: Word, process: Process, files: Files) -> Value | None:
    path = word.string
    found = files.resolve(path, process.exec.directory.string, process.script or process.at.path) if path else None
    document = files.document(found) if found is not None else None
    value = value_of(document.roots[0]) if document is not None and document.roots else absent()
    return value if isinstance(value.content, Fields) else None
