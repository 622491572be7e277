"""Settings of axolotl's YAML that it refuses beside each other, as far as they are about several processes.

src/axolotl/utils/schemas/validation.py and config.py there of axolotl 0.18
(https://github.com/axolotl-ai-cloud/axolotl); each reason says what the error says.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dtlint.job.plan import Conflict, Plan
from dtlint.value import FALSE, TRUE, Fields, Items, Truth, Value, known, some, truth, undecided, unknown

BATCH: Final = ("micro_batch_size", "gradient_accumulation_steps", "batch_size")
EIGHT_BIT: Final = ("adamw_8bit", "adamw_bnb_8bit")
FSDP2_ONLY: Final = ("muon", "flash_adamw", "flash_adam", "flash_sgd", "flash_sgdw", "flash_lion")
"""Optimizers that work with FSDP2, and not with FSDP1 or DeepSpeed."""
KERNELS: Final = ("lora_mlp_kernel", "lora_qkv_kernel", "lora_o_kernel")
PREFERENCES: Final = ("dpo", "kto", "orpo", "ipo")
ATTENTION: Final = (
    "attn_implementation", "flash_attention", "xformers_attention", "sage_attention", "flex_attention",
    "sdp_attention", "eager_attention", "gemma4_hybrid_attn_impl", "use_glm_dsa_kernels", "plugins",
)  # fmt: skip
"""Without any of these, no attention is chosen."""


def conflicts(record: Value, plan: Plan) -> Iterator[Conflict]:
    yield from _batch(record)
    yield from _fsdp(record, plan)
    yield from _deepspeed(record)
    yield from _parallel(record, plan)


def _conflict(option: Value, reason: str, when: Truth, *because: Value) -> Conflict:
    return Conflict(option, reason, tuple(one for one in because if one.trail), when)


def _on(value: Value) -> Truth:
    """Whether Python takes it for true."""
    match value.content:
        case Fields(entries=entries, complete=complete):
            return TRUE if entries else FALSE if complete else undecided(value)
        case Items(items=items, complete=complete):
            return TRUE if items else FALSE if complete else undecided(value)
        case _:
            return value.mapped("set", bool).or_default(known(False)) == True  # noqa: E712 - a Truth


def _batch(record: Value) -> Iterator[Conflict]:
    """`check_batch_size_fields` and `check_gas_bsz`."""
    micro, accumulation, batch = (record.field(name) for name in BATCH)
    pairs = ((micro, accumulation), (micro, batch), (accumulation, batch))
    lacking = [~_on(left) & ~_on(right) for left, right in pairs]
    given = next((value for value in (micro, accumulation, batch) if value.trail), micro)
    reason = "at least two of micro_batch_size, gradient_accumulation_steps and batch_size must be set"
    yield _conflict(given, reason, some(lacking))
    reason = "only one of gradient_accumulation_steps and batch_size may be set"
    yield _conflict(batch, reason, _on(accumulation) & _on(batch), accumulation)


def _version(record: Value) -> Value:
    """FSDP's; unknown where only `fsdp_config` says it, which some checks read before it is moved.  1 where nothing
    says it (`check_fsdp_version_in_fsdp_config`)."""
    given, section = record.field("fsdp_version"), record.field("fsdp_config")
    if not given.is_absent:
        return given.as_int()
    if section.field("fsdp_version").is_absent and section.field("version").is_absent:
        return known(1)
    return unknown("fsdp_version", key=("fsdp version", *section.trail))


def _fsdp(record: Value, plan: Plan) -> Iterator[Conflict]:
    """`check_fsdp2_base_model_quant_rl`, `check_fsdp2_w_8bit_optimizer`, `check_fsdp_offload_w_8bit_optimizer`,
    `check_muon_deepspeed_fsdp`, `check_flashoptim_deepspeed_fsdp`, `check_fp8_config`,
    `check_fsdp2_cpu_offload_pin_memory`, `check_multigpu_lora_kernels`, `check_relora`."""
    version, optimizer, section = _version(record), record.field("optimizer"), record.field("fsdp_config")
    first, second, configured = version == 1, version == 2, _on(section)
    sharded = configured | _on(record.field("fsdp"))
    learnt = record.field("rl")
    for name in ("load_in_4bit", "load_in_8bit"):
        quantized = record.field(name)
        reason = f"FSDP2 does not support {name} with rl: {learnt}"
        yield _conflict(quantized, reason, second & learnt.one_of(*PREFERENCES) & _on(quantized), version, learnt)
    reason = f"FSDP2 is not compatible with optimizer {optimizer}"
    yield _conflict(optimizer, reason, second & configured & optimizer.one_of(*EIGHT_BIT), version)
    offloads = _either(section, "offload_params")
    reason = f"FSDP1 that offloads parameters is not compatible with optimizer {optimizer}"
    eight_bit = truth("8bit" in (optimizer.string or ""))
    yield _conflict(optimizer, reason, first & configured & _on(offloads) & eight_bit, offloads)
    reason = f"optimizer {optimizer} is only compatible with fsdp_version: 2"
    yield _conflict(optimizer, reason, first & sharded & optimizer.one_of(*FSDP2_ONLY), version, section)
    gathers = record.field("fp8_enable_fsdp_float8_all_gather")
    reason = "fp8_enable_fsdp_float8_all_gather requires fsdp_version: 2"
    yield _conflict(gathers, reason, _on(gathers) & first, version)
    pinned = section.field("cpu_offload_pin_memory")
    off = pinned == False  # noqa: E712 - a Truth
    yield _conflict(pinned, "FSDP1 does not support cpu_offload_pin_memory: false", off & first, version)
    kept = ~_on(section.field("offload_params"))
    yield _conflict(pinned, "cpu_offload_pin_memory: false requires offload_params", off & second & kept)
    for name in KERNELS:
        kernel, several = _on(record.field(name)), plan.world_size > 1
        reason = f"{name} is not compatible with FSDP1"
        yield _conflict(record.field(name), reason, kernel & configured & first & several, section)
    restarts = record.field("relora")
    yield _conflict(restarts, "FSDP is not supported with ReLoRA", _on(restarts) & sharded, section)


def _either(section: Value, name: str) -> Value:
    """A setting of `fsdp_config`, which may have FSDP's name in front."""
    plain = section.field(name)
    return section.field(f"fsdp_{name}") if plain.is_absent else plain


def _deepspeed(record: Value) -> Iterator[Conflict]:
    """`check_muon_deepspeed_fsdp`, `check_flashoptim_deepspeed_fsdp`, `check_relora`, `check_deepcompile`."""
    engine, optimizer = record.field("deepspeed"), record.field("optimizer")
    reason = f"optimizer {optimizer} is incompatible with DeepSpeed"
    yield _conflict(optimizer, reason, _on(engine) & optimizer.one_of(*FSDP2_ONLY), engine)
    restarts, compiles = record.field("relora"), record.field("deepcompile")
    yield _conflict(restarts, "DeepSpeed is not supported with ReLoRA", _on(restarts) & _on(engine), engine)
    yield _conflict(compiles, "deepcompile is only supported with DeepSpeed", _on(compiles) & ~_on(engine))


def _parallel(record: Value, plan: Plan) -> Iterator[Conflict]:
    """`check_tensor_parallel_optimizer`, `check_context_parallel_size`, and the product of all degrees."""
    tensor, context, optimizer = plan.tensor, plan.context, record.field("optimizer")
    reason = f"tensor_parallel_size is not supported with optimizer {optimizer}"
    yield _conflict(optimizer, reason, (tensor > 1) & optimizer.one_of("paged_adamw_8bit", *EIGHT_BIT), tensor)
    micro = record.field("micro_batch_size")
    packed = _on(record.field("sample_packing")) & ~_on(record.field("use_glm_dsa_kernels")) & (micro.as_int() > 1)
    reason = f"micro_batch_size must be 1 where context_parallel_size is {context} and samples are packed"
    yield _conflict(micro, reason, (context > 1) & packed, context)
    unchosen = truth(all(record.field(name).is_absent for name in ATTENTION))
    yield _conflict(context, "context_parallel_size above 1 requires flash attention", (context > 1) & unchosen)
    shards, size = record.field("dp_shard_size").as_int(), plan.world_size
    together = plan.replica * shards
    reason = f"dp_shard_size {shards} with the other degrees takes {together} processes, which do not divide {size}"
    yield _conflict(shards, reason, (shards > 1) & (size % together != 0), size, tensor, context)
