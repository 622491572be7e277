"""Megatron-style options as a Plan: of Megatron-LM itself and of the many programs that took its names over.

Option names and constraints: megatron/training/arguments.py and megatron/core/parallel_state.py of Megatron-LM.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from dtlint.job.plan import Plan
from dtlint.job.process import Process
from dtlint.tools.options import Options, Spec, flag, option, parse
from dtlint.value import Value, unknown

PARALLEL: Final = (
    option("--tensor-model-parallel-size", "--model-parallel-size"),
    option("--pipeline-model-parallel-size"),
    option("--context-parallel-size"),
    option("--expert-model-parallel-size"),
)
OTHERS: Final = (
    option("--num-layers"),
    option("--num-attention-heads"),
    option("--num-query-groups"),
    option("--seq-length"),
    option("--micro-batch-size"),
    option("--global-batch-size"),
    option("--hidden-size"),
    option("--ffn-hidden-size"),
    option("--num-experts"),
    option("--max-position-embeddings"),
    option("--num-layers-per-virtual-pipeline-stage"),
    option("--decoder-first-pipeline-num-layers"),
    option("--decoder-last-pipeline-num-layers"),
    option("--pipeline-model-parallel-layout"),
    option("--num-virtual-stages-per-pipeline-rank"),
    option("--hybrid-layer-pattern"),
    option("--hybrid-override-pattern"),
    option("--rampup-batch-size", values=3),
    option("--step-batch-size-schedule"),
    option("--tensor-parallel-num-weight-shards"),
    option("--encoder-tensor-model-parallel-size"),
    option("--encoder-pipeline-model-parallel-size"),
    option("--encoder-num-layers"),
    option("--deepspeed_config"),
    option("--cp-comm-type"),
    option("--train-iters"),
    option("--lr"),
    option("--save"),
    option("--load"),
    flag("--sequence-parallel"),
    flag("--fp16"),
    flag("--bf16"),
    flag("--group-query-attention"),
    flag("--use-distributed-optimizer"),
    flag("--use-megatron-fsdp"),
    flag("--use-custom-fsdp"),
    flag("--use-torch-fsdp2"),
    flag("--overlap-moe-expert-parallel-comm"),
    flag("--account-for-embedding-in-pipeline-split"),
    flag("--account-for-loss-in-pipeline-split"),
    flag("--decrease-batch-size-if-needed"),
    flag("--hybrid-context-parallel"),
    flag("--deepspeed"),
)
VALUED: Final = tuple(map(option, (
    "--data-path", "--data-cache-path", "--per-split-data-args-path", "--split", "--vocab-file", "--merge-file",
    "--vocab-size", "--tokenizer-type", "--tokenizer-model", "--tokenizer-name-or-path", "--tensorboard-dir",
    "--wandb-project", "--wandb-exp-name", "--wandb-save-dir", "--log-interval", "--save-interval",
    "--eval-interval", "--eval-iters", "--exit-interval", "--exit-duration-in-mins", "--min-lr", "--lr-decay-style",
    "--lr-decay-iters", "--lr-decay-samples", "--lr-decay-tokens", "--lr-warmup-iters", "--lr-warmup-samples",
    "--lr-warmup-tokens", "--lr-warmup-fraction", "--train-samples", "--train-tokens", "--weight-decay",
    "--clip-grad", "--adam-beta1", "--adam-beta2", "--loss-scale", "--init-method-std", "--attention-dropout",
    "--hidden-dropout", "--seed", "--num-workers", "--distributed-backend", "--distributed-timeout-minutes",
    "--pretrained-checkpoint", "--expert-tensor-parallel-size", "--moe-router-topk", "--moe-aux-loss-coeff",
    "--moe-token-dispatcher-type", "--kv-channels", "--rotary-base", "--zero-stage", "--batch-size",
)))  # fmt: skip
"""Options of which only the value is passed over: it would be taken for options where it is not known."""
SPEC: Final = Spec(PARALLEL + OTHERS + VALUED, abbreviations=False, underscores=True, interspersed=True)

SPLITS: Final = (
    "--decoder-first-pipeline-num-layers",
    "--decoder-last-pipeline-num-layers",
    "--pipeline-model-parallel-layout",
    "--num-layers-per-virtual-pipeline-stage",
    "--num-virtual-stages-per-pipeline-rank",
    "--hybrid-layer-pattern",
    "--hybrid-override-pattern",
    "--account-for-embedding-in-pipeline-split",
    "--account-for-loss-in-pipeline-split",
    "--encoder-num-layers",
    "--deepspeed",
)
"""Options that split the layers over the stages in another way than evenly."""

RAMPS: Final = ("--rampup-batch-size", "--step-batch-size-schedule", "--decrease-batch-size-if-needed")
"""Options under which the global batch is not one number."""

GRIDS: Final = (
    "--tensor-parallel-num-weight-shards",
    "--encoder-tensor-model-parallel-size",
    "--encoder-pipeline-model-parallel-size",
    "--hybrid-context-parallel",
)
"""Options that take a part of the world besides the degrees of the plan."""

MANY_QUEUES: Final = (
    "--use-megatron-fsdp",
    "--use-custom-fsdp",
    "--use-torch-fsdp2",
    "--overlap-moe-expert-parallel-comm",
)
"""Options that want several connections to the device."""

ENOUGH: Final = 3
"""Options of these names that make a program one of Megatron's kind, whether or not it is in the workspace."""


def plans(process: Process) -> Iterator[Plan]:
    """The plan of a process whose command line has at least `ENOUGH` of Megatron's options."""
    options = parse(process.arguments, SPEC)
    # Such programs take no positional arguments: a word that is not known may be any option.
    unknown_words = tuple(word for word in options.rest if word.string is None)
    options = replace(options, hidden=(*options.hidden, *unknown_words))
    parallel = [entry for entry in PARALLEL if options.has(entry.names[0])]
    shape = ("--num-layers", "--num-attention-heads", "--seq-length", "--micro-batch-size", "--global-batch-size")
    if not parallel or len(parallel) + sum(options.has(name) for name in shape) < ENOUGH:
        return
    plan = Plan(at=process.at, process=process, world=process.world, source="megatron")
    plan.tensor = _number(options, "--tensor-model-parallel-size")
    plan.pipeline = _number(options, "--pipeline-model-parallel-size")
    plan.context = _number(options, "--context-parallel-size")
    plan.expert = _number(options, "--expert-model-parallel-size")
    plan.layers = _unless(SPLITS, options, _number(options, "--num-layers"))
    _virtual(plan, options)
    plan.heads = _number(options, "--num-attention-heads")
    if options.has("--group-query-attention"):
        plan.kv_heads = _number(options, "--num-query-groups")
    plan.experts = _unless(("--deepspeed",), options, _number(options, "--num-experts"))
    plan.sequence = _number(options, "--seq-length")
    plan.micro_batch = _number(options, "--micro-batch-size")
    plan.global_batch = _unless(RAMPS, options, _number(options, "--global-batch-size"))
    plan.sequence_parallel = options.value("--sequence-parallel")
    plan.fp16 = options.value("--fp16")
    plan.bf16 = options.value("--bf16")
    if any(options.has(name) for name in GRIDS):
        plan.data = unknown("the data parallel degree", key=("data parallel", process.at))
    plan.one_connection = not (options.hidden or any(options.has(name) for name in MANY_QUEUES))
    yield plan


CHUNK: Final = "--num-layers-per-virtual-pipeline-stage"


def _virtual(plan: Plan, options: Options) -> None:
    """Layers of a stage and of its virtual stages, where the layers are split evenly and in no other way."""
    layers, chunk = _number(options, "--num-layers"), _number(options, CHUNK)
    others = tuple(name for name in SPLITS if name != CHUNK)
    if chunk.is_absent or layers.is_absent or plan.pipeline.is_absent:
        return
    if (layers % plan.pipeline == 0).always:
        plan.layers_of_stage = _unless(others, options, (layers // plan.pipeline).because(*layers.trail))
        plan.layers_of_virtual_stage = chunk


def _number(options: Options, name: str) -> Value:
    return options.value(name).as_int()


def _unless(names: tuple[str, ...], options: Options, value: Value) -> Value:
    """`value` where none of the options is given that change its meaning; unknown where one may be."""
    if not options.hidden and not any(options.has(name) for name in names):
        return value
    return unknown(f"what becomes of {value}", key=("changed", *value.trail), trail=value.trail)
