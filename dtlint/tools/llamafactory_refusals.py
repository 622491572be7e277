"""Settings that LLaMA-Factory refuses beside each other, as far as they are about several processes.

`get_train_args` of src/llamafactory/hparams/parser.py, `configure_quantization` of
src/llamafactory/model/model_utils/quantization.py, both as in v0.9.0 to v0.9.5 of
https://github.com/hiyouga/LlamaFactory, and `__post_init__` of transformers/training_args.py; each reason says what the
error says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from dtlint.job.plan import Conflict
from dtlint.record import record as immutable
from dtlint.value import FALSE, How, Scalar, Step, Truth, Value, known, truth, undecided

_QUANTIZED: Final = re.compile(r"[-_.](gptq|awq|aqlm|bnb-[48]bit)(?=[-_.]|$)", re.IGNORECASE)
"""How models are called on the hub whose weights were quantized before they were saved."""
_WHOLE: Final = ("mxfp4", "fp8")
"""Weights that it turns back into whole ones."""
_ALONE: Final = ("hqq", "eetq")
LAYERWISE: Final = (("use_galore", "galore_layerwise", "GaLore"), ("use_apollo", "apollo_layerwise", "APOLLO"))
UNDER_ZERO3: Final = (
    ("predict_with_generate", "is incompatible with DeepSpeed ZeRO-3"),
    ("pure_bf16", "is incompatible with DeepSpeed ZeRO-3"),
    ("use_unsloth", "is incompatible with DeepSpeed ZeRO-3"),
    ("pissa_init", "needs scripts/pissa_init.py under DeepSpeed ZeRO-3"),
)  # fmt: skip
_STEPS: Final = 500
"""Default of `save_steps` and of `logging_steps`."""


@immutable(eq=False)
class Engine:
    """What trains with the settings."""

    distributed: Truth
    alone: Value
    """Where one process is started, and why no more than one is."""
    gpus: Value
    """Those that the process sees."""
    stage: Value
    """ZeRO's; absent without DeepSpeed."""
    fsdp: Value
    """What asks for FSDP; absent where nothing does."""


def conflicts(record: Value, engine: Engine, weights: Value) -> Iterator[Conflict]:
    """`weights` is the configuration of the model, absent where it is not known."""
    yield from _launch(record, engine)
    yield from _zero3(record, engine)
    yield from _quantized(record, engine, weights)
    yield from _optimizers(record, engine)
    yield from _best(record)


def _conflict(option: Value, reason: str, when: Truth, *because: Value) -> Conflict:
    return Conflict(option, reason, tuple(one for one in because if one.trail), when)


def _on(value: Value) -> Truth:
    """Python takes it for true."""
    return value.mapped("set", bool).or_default(known(False)) == True  # noqa: E712 - a Truth


def _given(value: Value) -> Truth:
    if value.known:
        return truth(value.constant not in (None, ""))
    return FALSE if value.is_absent else undecided(value)


def _launch(record: Value, engine: Engine) -> Iterator[Conflict]:
    asked = record.field("deepspeed")
    reason = "DeepSpeed wants torchrun (FORCE_TORCHRUN=1), and one process is started without it"
    when = truth(not engine.stage.is_absent) & ~engine.distributed
    yield _conflict(asked, reason, when, engine.alone)
    reason = f"{engine.gpus} GPUs want llamafactory-cli or torchrun, and one process is started without them"
    yield _conflict(engine.alone, reason, (engine.gpus > 1) & ~engine.distributed)


def _zero3(record: Value, engine: Engine) -> Iterator[Conflict]:
    for name, reason in UNDER_ZERO3:
        option = record.field(name)
        yield _conflict(option, f"{name} {reason}", _on(option) & (engine.stage == 3), engine.stage)


def _quantized(record: Value, engine: Engine, weights: Value) -> Iterator[Conflict]:
    """Weights that were quantized before, or are on the way."""
    sharded, because = engine.stage == 3, engine.stage
    called = "DeepSpeed ZeRO-3"
    if not engine.fsdp.is_absent:
        sharded, because, called = truth(True), engine.fsdp, "FSDP"
    bits, method = record.field("quantization_bit"), record.field("quantization_method")
    saved, before = _saved(record.field("model_name_or_path"), weights)
    reason = f"{called} is incompatible with a model that is quantized already"
    yield _conflict(saved, reason, sharded & before, because)
    # A model that is quantized already leaves them aside.
    counts = sharded & _given(bits) & ~before
    alone = method.mapped("method", _lower).one_of(*_ALONE)
    yield _conflict(bits, f"quantization by {method} is incompatible with {called}", counts & alone, method, because)
    bitsandbytes = truth(method.is_absent) | method.mapped("method", _lower).one_of("bnb", "bitsandbytes")
    reason = f"only a model of 4 bits goes with {called}, not one of {bits}"
    yield _conflict(bits, reason, counts & bitsandbytes & (bits.as_int() != 4), because)


def _saved(name: Value, weights: Value) -> tuple[Value, Truth]:
    """What says that the weights were quantized before they were saved, and whether they were."""
    if not weights.is_absent:
        method = weights.get("quantization_config.quant_method")
        return method, FALSE if method.is_absent else ~method.mapped("method", _lower).one_of(*_WHOLE)
    text = name.string
    if text is None:
        return name, name == "GPTQ"
    return name, truth(_QUANTIZED.search(text.rstrip("/").rpartition("/")[2]) is not None)


def _lower(scalar: Scalar) -> Scalar:
    return scalar.lower() if isinstance(scalar, str) else scalar


def _optimizers(record: Value, engine: Engine) -> Iterator[Conflict]:
    asked = record.field("deepspeed")
    engaged, several = truth(not engine.stage.is_absent), engine.distributed
    for name, layerwise, called in LAYERWISE:
        option, each = record.field(name), record.field(layerwise)
        yield _conflict(option, f"{called} is incompatible with DeepSpeed", engaged & _on(option), asked)
        reason = f"distributed training does not support layer-wise {called}"
        yield _conflict(each, reason, _on(option) & _on(each) & several, option)
    option, mode = record.field("use_badam"), record.field("badam_mode")
    reason = "BAdam by ratio does not support distributed training"
    yield _conflict(mode, reason, _on(option) & (mode == "ratio") & several, option)
    layers = mode.or_default(known("layer")) == "layer"
    reason = "layer-wise BAdam in distributed training wants DeepSpeed ZeRO-3"
    without = truth(engine.stage.is_absent) | (engine.stage != 3)
    yield _conflict(option, reason, _on(option) & layers & several & without, engine.stage)


def _best(record: Value) -> Iterator[Conflict]:
    """The best model can be loaded only if it was saved when it was evaluated."""
    best, stage = record.field("load_best_model_at_end"), record.field("stage")
    reason = f"stage {stage} does not support load_best_model_at_end"
    yield _conflict(best, reason, _on(best) & stage.one_of("rm", "ppo"), stage)
    evaluates, saves = record.field("eval_strategy"), record.field("save_strategy")
    if evaluates.is_absent:
        evaluates = record.field("evaluation_strategy")
    evaluates = _by_default("eval_strategy", evaluates, "no", best)
    saves = _by_default("save_strategy", saves, "steps", best)
    counts = _on(best) & (saves != "best")
    how = f"not by {evaluates} and by {saves}"
    reason = f"load_best_model_at_end wants to evaluate and to save at the same time, {how}"
    yield _conflict(best, reason, counts & (evaluates != saves), evaluates, saves)
    if evaluates.string != "steps" or saves.string != "steps":
        return
    saved = _by_default("save_steps", record.field("save_steps"), _STEPS, best)
    each = record.field("eval_steps")
    if each.is_absent or (each.known and not each.constant):
        each = _by_default("logging_steps", record.field("logging_steps"), _STEPS, best)
    reason = f"load_best_model_at_end wants save_steps to be a multiple of eval_steps, and {saved} is none of {each}"
    whole = (saved >= 1) & (each >= 1)
    yield _conflict(best, reason, counts & whole & (saved % each != 0), saved, each)


def _by_default(name: str, value: Value, default: str | int, beside: Value) -> Value:
    if not value.is_absent or not beside.trail:
        return value.or_default(known(default))
    return known(default, Step(How.DEFAULT, f"{name} is {default} by default", beside.at))
