"""Megatron-style options as a Plan: of Megatron-LM itself and of the many programs that took its names over.

Option names and constraints: megatron/training/arguments.py and megatron/core/parallel_state.py of Megatron-LM.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from dtlint.job.plan import Conflict, Plan
from dtlint.job.process import Process
from dtlint.tools.options import Options, Spec, flag, option, parse
from dtlint.value import TRUE, Truth, Value, absent, known, unknown

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
    option("--microbatch-group-size-per-virtual-pipeline-stage"),
    option("--sequence-packing-scheduler"),
    option("--hybrid-layer-pattern"),
    option("--hybrid-override-pattern"),
    option("--rampup-batch-size", values=3),
    option("--step-batch-size-schedule"),
    option("--tensor-parallel-num-weight-shards"),
    option("--encoder-tensor-model-parallel-size"),
    option("--encoder-pipeline-model-parallel-size"),
    option("--encoder-num-layers"),
    option("--expert-tensor-parallel-size"),
    option("--expert-tensor-parallel-num-weight-shards"),
    option("--deepspeed_config"),
    option("--cp-comm-type"),
    option("--train-iters"),
    option("--train-samples"),
    option("--lr"),
    option("--save"),
    option("--load"),
    flag("--sequence-parallel"),
    flag("--fp16"),
    flag("--bf16"),
    flag("--group-query-attention"),
    flag("--use-distributed-optimizer"),
    flag("--overlap-grad-reduce"),
    flag("--overlap-param-gather"),
    flag("--tp-comm-overlap"),
    flag("--distribute-saved-activations"),
    flag("--recompute-activations"),
    option("--recompute-granularity"),
    option("--recompute-method"),
    option("--optimizer"),
    flag("--skip-train"),
    flag("--use-checkpoint-args"),
    option("--yaml-cfg"),
    flag("--use-megatron-fsdp"),
    flag("--use-custom-fsdp"),
    flag("--use-torch-fsdp2"),
    flag("--overlap-moe-expert-parallel-comm"),
    flag("--account-for-embedding-in-pipeline-split"),
    flag("--account-for-loss-in-pipeline-split"),
    flag("--decrease-batch-size-if-needed"),
    flag("--hybrid-context-parallel"),
    flag("--perform-rl-step"),
    flag("--deepspeed"),
)
VALUED: Final = tuple(map(option, (
    "--data-path", "--data-cache-path", "--per-split-data-args-path", "--split", "--vocab-file", "--merge-file",
    "--vocab-size", "--tokenizer-type", "--tokenizer-model", "--tokenizer-name-or-path", "--tensorboard-dir",
    "--wandb-project", "--wandb-exp-name", "--wandb-save-dir", "--log-interval", "--save-interval",
    "--eval-interval", "--eval-iters", "--exit-interval", "--exit-duration-in-mins", "--min-lr", "--lr-decay-style",
    "--lr-decay-iters", "--lr-decay-samples", "--lr-decay-tokens", "--lr-warmup-iters", "--lr-warmup-samples",
    "--lr-warmup-tokens", "--lr-warmup-fraction", "--train-tokens", "--weight-decay",
    "--clip-grad", "--adam-beta1", "--adam-beta2", "--loss-scale", "--init-method-std", "--attention-dropout",
    "--hidden-dropout", "--seed", "--num-workers", "--distributed-backend", "--distributed-timeout-minutes",
    "--pretrained-checkpoint", "--moe-router-topk", "--moe-aux-loss-coeff",
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
    "--expert-tensor-parallel-num-weight-shards",
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
    shaped = sum(options.has(name) for name in shape)
    if len(parallel) + shaped < ENOUGH or not (parallel or shaped == len(shape)):
        return
    plan = Plan(at=process.at, process=process, world=process.world, source="megatron")
    plan.tensor = _number(options, "--tensor-model-parallel-size")
    plan.pipeline = _number(options, "--pipeline-model-parallel-size")
    plan.context = _number(options, "--context-parallel-size")
    plan.expert = _number(options, "--expert-model-parallel-size")
    plan.expert_tensor = _number(options, "--expert-tensor-parallel-size").or_default(plan.tensor.or_default(known(1)))
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
    if _original(process, options):
        _uneven(plan, options)
        plan.virtual_stages = _virtual_stages(plan, options)
    plan.conflicts = tuple(_conflicts(process, options, plan)) if _original(process, options) else ()
    plan.one_connection = not (options.hidden or any(options.has(name) for name in MANY_QUEUES))
    yield plan


CHUNK: Final = "--num-layers-per-virtual-pipeline-stage"
VIRTUAL: Final = (CHUNK, "--num-virtual-stages-per-pipeline-rank")
"""They cut the layers of a stage further, whichever these are."""


def _virtual(plan: Plan, options: Options) -> None:
    """Layers of a stage and of its virtual stages, where the layers are split evenly and in no other way."""
    layers, chunk = _number(options, "--num-layers"), _number(options, CHUNK)
    others = tuple(name for name in SPLITS if name != CHUNK)
    if chunk.is_absent or layers.is_absent or plan.pipeline.is_absent:
        return
    if (layers % plan.pipeline == 0).always:
        plan.layers_of_stage = _unless(others, options, (layers // plan.pipeline).because(*layers.trail))
        plan.layers_of_virtual_stage = chunk


OTHER_GROUPS: Final = (
    "--microbatch-group-size-per-virtual-pipeline-stage",
    "--sequence-packing-scheduler",
    "--perform-rl-step",
)
"""Options under which micro batches pass the virtual stages in groups of another size, or are counted otherwise."""


def _virtual_stages(plan: Plan, options: Options) -> Value:
    if any(options.has(name) for name in OTHER_GROUPS):
        return absent()
    given, chunk, layers = _number(options, VIRTUAL[1]), plan.layers_of_virtual_stage, plan.layers_of_stage
    if given.is_absent and (layers % chunk == 0).always:
        return (layers // chunk).because(*chunk.trail)
    return given


UNEVEN: Final = ("--decoder-first-pipeline-num-layers", "--decoder-last-pipeline-num-layers")


def _uneven(plan: Plan, options: Options) -> None:
    """Layers of the first and the last stage, where the other stages share what they leave of `--num-layers`."""
    if any(options.has(name) for name in SPLITS if name not in (*UNEVEN, *VIRTUAL)):
        return
    plan.first_stage, plan.last_stage = (_number(options, name) for name in UNEVEN)
    if any(options.has(name) for name in UNEVEN):
        plan.layers_in_all = _number(options, "--num-layers")


def _number(options: Options, name: str) -> Value:
    return options.value(name).as_int()


def _unless(names: tuple[str, ...], options: Options, value: Value) -> Value:
    """`value` where none of the options is given that change its meaning; unknown where one may be."""
    if not options.hidden and not any(options.has(name) for name in names):
        return value
    return unknown(f"what becomes of {value}", key=("changed", *value.trail), trail=value.trail)


def _original(process: Process, options: Options) -> bool:
    """It is Megatron-LM's own program, or is built on it: others have taken its names over, and not its checks."""
    run = process.run
    own = run is None or any(event.name.startswith("megatron.") for event in run.events)
    elsewhere = any(options.has(name) for name in ("--deepspeed", "--use-checkpoint-args", "--yaml-cfg"))
    return own and not options.hidden and not elsewhere


def _conflicts(process: Process, options: Options, plan: Plan) -> Iterator[Conflict]:
    """What `validate_args` of megatron/training/arguments.py refuses."""

    def value(name: str) -> Value:
        return options.value(name)

    def lacks(name: str, wanted: str, *instead: str) -> Iterator[Conflict]:
        if options.has(name) and not any(options.has(one) for one in (wanted, *instead)):
            yield Conflict(_named(value(name), name), f"wants {wanted}", (), TRUE)

    def beyond_one(degree: Value) -> Truth:
        return degree.or_default(known(1)) > 1

    yield from lacks("--overlap-param-gather", "--use-distributed-optimizer", *MANY_QUEUES, "--optimizer")
    yield from lacks("--overlap-param-gather", "--overlap-grad-reduce", *MANY_QUEUES)
    yield from lacks("--tp-comm-overlap", "--sequence-parallel")
    yield from lacks("--distribute-saved-activations", "--recompute-method")
    for name in ("--tp-comm-overlap", "--distribute-saved-activations"):
        if options.has(name):
            because, reason = (plan.tensor,), "wants a tensor parallel degree above 1"
            yield Conflict(_named(value(name), name), reason, because, ~beyond_one(plan.tensor))
    if options.has("--expert-model-parallel-size") and not options.has("--num-experts"):
        yield Conflict(_named(plan.expert, "--expert-model-parallel-size"), "wants --num-experts", (), plan.expert > 1)
    if options.has("--train-iters") and options.has("--train-samples") and not options.has("--skip-train"):
        named = _named(value("--train-samples"), "--train-samples")
        yield Conflict(named, "excludes --train-iters", (value("--train-iters"),), TRUE)
    if options.has("--recompute-method"):
        named, granularity = _named(value("--recompute-method"), "--recompute-method"), value("--recompute-granularity")
        selective = TRUE if options.has("--recompute-activations") else granularity == "selective"
        yield Conflict(named, "excludes selective recomputation", (granularity,), selective)
    elif options.has("--recompute-granularity") and not options.has("--recompute-activations"):
        # TransformerConfig of megatron/core asks it, and the model itself in releases before that.
        granularity = value("--recompute-granularity")
        named = _named(granularity, "--recompute-granularity full")
        yield Conflict(named, "wants --recompute-method uniform or block", (), granularity == "full")
    if not plan.layers_of_stage.is_absent or (options.has(CHUNK) and plan.pipeline.is_absent):
        layers = plan.layers_of_stage if not plan.layers_of_stage.is_absent else plan.layers
        chunk = _number(options, CHUNK)
        alone = ~beyond_one(plan.pipeline) & (layers > chunk)
        yield Conflict(_named(chunk, CHUNK), "wants a pipeline parallel degree above 1", (plan.pipeline,), alone)
    positions, sequence = _number(options, "--max-position-embeddings"), plan.sequence
    if not positions.is_absent and not sequence.is_absent:
        named = _named(positions, "--max-position-embeddings")
        yield Conflict(named, f"is below the sequence length {sequence}", (sequence,), positions < sequence)


def _named(value: Value, name: str) -> Value:
    """The option's name in the place where it is given."""
    return Value(known(name).content, value.trail)
