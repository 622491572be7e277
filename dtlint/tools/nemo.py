"""NeMo's Hydra configuration, and the overrides that stand on the command line, as a Plan.

Keys: examples/nlp/language_modeling/conf/megatron_gpt_config.yaml of NeMo 1.x; rules of overrides:
https://hydra.cc/docs/advanced/override_grammar/basic/.  A configuration with a list of defaults is put together from
files whose order decides: of its values only the overrides are known.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Final

from dtlint.job.plan import Conflict, Plan
from dtlint.job.process import Process
from dtlint.job.site import known_tail
from dtlint.run.files import Files
from dtlint.run.settings import value_of
from dtlint.run.word import Word
from dtlint.tools.options import Options, Spec, option, parse
from dtlint.value import Fields, How, Step, Value, absent, known, unknown

SPEC: Final = Spec(
    (option("--config-path", "-cp"), option("--config-name", "-cn"), option("--config-dir", "-cd")),
    abbreviations=False,
    interspersed=True,
)
RUNNERS: Final = ("hydra.main",)
MARK: Final = "model.tensor_model_parallel_size"
ENOUGH: Final = 3
"""Settings of a parallel model that make a command line one of NeMo's, where its configuration is not here."""
MODEL: Final = (
    "tensor_model_parallel_size",
    "pipeline_model_parallel_size",
    "context_parallel_size",
    "micro_batch_size",
    "global_batch_size",
    "encoder_seq_length",
)


def plans(process: Process, files: Files) -> Iterator[Plan]:
    """The plan of a process whose configuration or overrides are those of a parallel NeMo model."""
    options = parse(process.arguments, SPEC)
    overridden = any("=" in word.head for word in process.arguments)
    if process.hidden or not (overridden or _called(process)):
        return
    settings = _Settings(options, *_record(process, options, files))
    given = sum(not settings.override(f"model.{name}").is_absent for name in MODEL)
    if not (settings.written(MARK) or (given >= ENOUGH and not settings.override(MARK).is_absent)):
        return
    plan = Plan(at=settings.record.trail[0].at if settings.record.trail else process.at, process=process)
    plan.source, plan.world = "nemo", process.world
    plan.tensor = settings.number(MARK)
    plan.pipeline = settings.number("model.pipeline_model_parallel_size")
    plan.context = settings.number("model.context_parallel_size")
    plan.expert = settings.number("model.expert_model_parallel_size")
    tensor = plan.tensor.or_default(known(1))
    plan.expert_tensor = settings.number("model.expert_tensor_parallel_size").or_default(tensor)
    if settings.number("model.microbatch_group_size_per_vp_stage").is_absent:
        plan.virtual_stages = settings.number("model.virtual_pipeline_model_parallel_size")
    plan.micro_batch = settings.number("model.micro_batch_size")
    plan.global_batch = settings.number("model.global_batch_size")
    plan.sequence = settings.number("model.encoder_seq_length")
    plan.heads = settings.number("model.num_attention_heads")
    plan.kv_heads = settings.number("model.num_query_groups")
    devices, nodes = settings.number("trainer.devices"), settings.number("trainer.num_nodes")
    plan.conflicts = tuple(_conflicts(settings, plan))
    size = devices * nodes
    plan.size = size if (size > 0).always else unknown("the world size", key=("nemo world", process.at))
    yield plan


def _conflicts(settings: _Settings, plan: Plan) -> Iterator[Conflict]:
    """What `_validate_trainer` of the models in nemo/collections that are cut into micro batches refuses."""
    steps = settings.number("trainer.accumulate_grad_batches")
    if not (steps.is_absent or plan.micro_batch.is_absent or plan.global_batch.is_absent):
        reason = (
            f"the model accumulates by itself, {plan.global_batch} samples of {plan.micro_batch} at a time, and "
            f"trainer.accumulate_grad_batches must be 1, not {steps}"
        )
        yield Conflict(steps, reason, (plan.global_batch, plan.micro_batch), steps > 1)


class _Settings:
    """Values by their dotted keys: the last override, else the file's."""

    def __init__(self, options: Options, record: Value, whole: bool) -> None:
        self.record = record
        self._whole = whole
        self._overrides: dict[str, Value] = {}
        self._hidden: Word | None = options.hidden[0] if options.hidden else None
        for word in options.rest:
            key, equals, _ = word.head.partition("=")
            if not equals:
                self._hidden = self._hidden or (word if word.string is None else None)
                continue
            step = Step(How.OPTION, word.written, word.at)
            self._overrides[key.lstrip("+~")] = word.cut(len(key) + 1).value.because(step)

    def written(self, key: str) -> bool:
        """The file says something of it."""
        return not self.record.get(key).is_absent and self.record.get(key).known

    def override(self, key: str) -> Value:
        """What the command line says of it; unknown where it takes another section, or may say anything."""
        if key in self._overrides:
            return self._overrides[key]
        parts = key.split(".")
        for end in range(1, len(parts)):
            section = self._overrides.get(".".join(parts[:end]))
            if section is not None:
                return unknown(key, key=("section", key, *section.trail))
        return absent()

    def number(self, key: str) -> Value:
        """It as an integer; absent where it is null or not there."""
        value = self.override(key)
        if value.is_absent and self._hidden is not None:
            return unknown(key, key=("hidden override", self._hidden.at, key))
        if value.is_absent:
            value = self.record.get(key) if self._whole else unknown(key, key=("composed", key))
        if value.known and value.constant in (None, "null"):
            return absent(*value.trail)
        return value.as_int()


def _record(process: Process, options: Options, files: Files) -> tuple[Value, bool]:
    """The primary configuration, and whether it is all of it."""
    named = _called(process)
    folder = _path(options, "--config-path") or named.get("config_path")
    name = _path(options, "--config-name") or named.get("config_name")
    if name is None or folder is None:
        return absent(), False
    file = name if name.endswith((".yaml", ".yml")) else f"{name}.yaml"
    beside = process.script or process.at.path
    directory = posixpath.dirname(process.script) if process.script else process.exec.directory.string
    found = files.resolve(posixpath.join(folder, file), directory, beside)
    document = files.document(found) if found is not None else None
    if document is None or not document.roots:
        return absent(), False
    record = value_of(document.roots[0])
    if not isinstance(record.content, Fields):
        return absent(), False
    whole = record.field("defaults").is_absent and not options.has("--config-dir")
    return record, whole


def _path(options: Options, name: str) -> str | None:
    given = options.given.get(name)
    return known_tail(given[-1].values[0]) if given and given[-1].values else None


def _called(process: Process) -> dict[str, str]:
    """What the script's own `hydra_runner(config_path=..., config_name=...)` says."""
    found: dict[str, str] = {}
    for event in process.called(*RUNNERS):
        for name in ("config_path", "config_name"):
            text = event.argument(name).string
            if text is not None:
                found[name] = text
    return found
