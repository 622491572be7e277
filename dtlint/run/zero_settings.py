"""Settings of DeepSpeed's section `zero_optimization` that it refuses.

Fields and types: `DeepSpeedZeroConfig` of deepspeed/runtime/zero/config.py and the two classes of offload_config.py,
which forbid other names (deepspeed/runtime/config_utils.py); `"auto"` is left to their defaults.  Seen with 0.19.
"""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Final

from dtlint.record import record
from dtlint.value import Fields, Scalar, Value

_STAGE3: Final = (
    "prefetch_bucket_size", "param_persistence_threshold", "model_persistence_threshold", "max_live_parameters",
    "max_reuse_distance", "module_granularity_threshold",
)  # fmt: skip
INTEGERS: Final = frozenset((
    "reduce_bucket_size", "allgather_bucket_size", "sub_group_size", "zero_hpz_partition_size",
    *(f"stage3_{name}" for name in _STAGE3),
))  # fmt: skip
SWITCHES: Final = frozenset((
    "contiguous_gradients", "reduce_scatter", "use_multi_rank_bucket_allreduce", "allgather_partitions", "overlap_comm",
    "load_from_fp32_weights", "elastic_checkpoint", "cpu_offload_param", "cpu_offload_use_pin_memory", "cpu_offload",
    "stage3_gather_16bit_weights_on_model_save", "stage3_gather_fp16_weights_on_model_save",
    "stage3_use_all_reduce_for_fetch_params", "stage3_allgather_sequential", "ignore_unused_parameters",
    "legacy_stage1", "round_robin_gradients", "zero_quantized_weights", "zero_quantized_nontrainable_weights",
    "zero_quantized_gradients", "memory_efficient_linear", "pipeline_loading_checkpoint", "override_module_apply",
    "log_trace_cache_warnings",
))  # fmt: skip
OTHERS: Final = frozenset((
    "stage", "offload_param", "offload_optimizer", "zenflow", "compute_grad_norm", "parameter_alignment",
    "enable_sanity_checks", "save_muon_momentum_buffer_in_memory", "leaf_module", "mics_shard_size",
    "mics_hierarchical_params_gather", "zeropp_loco_param", "cpu_offload_params", "gather_16bit_weights_on_model_save",
    "gather_fp16_weights_on_model_save", *_STAGE3,
))  # fmt: skip
"""Fields of other kinds, and names of other releases."""
NAMES: Final = INTEGERS | SWITCHES | OTHERS
TOP: Final = (
    "train_batch_size", "train_micro_batch_size_per_gpu", "gradient_accumulation_steps", "gradient_clipping", "fp16",
    "bf16", "optimizer", "scheduler", "zero_optimization", "activation_checkpointing", "steps_per_print",
    "prescale_gradients", "gradient_predivide_factor", "communication_data_type", "zero_allow_untested_optimizer",
    "wall_clock_breakdown", "zero_force_ds_cpu_optimizer", "sequence_parallel_size", "tensor_parallel",
    "flops_profiler", "dataloader_drop_last",
)  # fmt: skip
"""Keys that DeepSpeed reads at the top of the configuration, beside this section."""
DEVICES: Final = ("none", "cpu", "nvme")
STAGES: Final = (0, 1, 2, 3)
ALIKE: Final = 0.9
"""How like a name must be to one that there is, to be that one misspelt."""


@record(eq=False)
class Refused:
    key: str
    value: Value
    reason: str


def refused(section: Value) -> Iterator[Refused]:
    """What the section surely has and DeepSpeed surely refuses."""
    if not isinstance(section.content, Fields):
        return
    for name, value in section.content.entries.items():
        key = str(name)
        reason = _reason(key, value)
        if reason is not None and value.trail:
            yield Refused(key, value, reason)
        elif key in ("offload_param", "offload_optimizer"):
            yield from _offload(key, value, section.field("stage"))


def _offload(key: str, section: Value, stage: Value) -> Iterator[Refused]:
    device, path, ratio = section.field("device"), section.field("nvme_path"), section.field("ratio")
    if device.known and device.trail and device.string not in (*DEVICES, "auto", None):
        yield Refused(f"{key}.device", device, f"{device} is none of {', '.join(DEVICES)}")
    if device.string == "nvme" and device.trail and stage.integer == 3 and path.is_absent:
        yield Refused(f"{key}.device", device, "nvme_path, the folder to which it writes, is not given")
    part = key == "offload_optimizer" and ratio.known and bool(ratio.trail) and (ratio < 1).surely
    if part and stage.integer in (1, 2):
        yield Refused(f"{key}.ratio", ratio, f"under stage {stage} all of the optimizer is offloaded, or nothing")


def _reason(key: str, value: Value) -> str | None:
    if key in TOP:
        return "it belongs to the top of the configuration, beside zero_optimization"
    if key not in NAMES:
        near = get_close_matches(key, NAMES, 1, ALIKE)
        return f"there is no such setting; {near[0]} is one" if near else None
    if not value.known or value.constant in (None, "auto"):
        return None
    given = value.constant
    if key == "stage":
        return None if _whole(given) in STAGES else f"{given} is no stage of ZeRO"
    if key in INTEGERS and _whole(given) is None:
        return f"{given!r} is no whole number" if isinstance(given, str) else f"{given} is no whole number"
    if key in ("offload_param", "offload_optimizer") and isinstance(given, str):
        return f'it is a section, such as {{"device": "{given}"}}'
    return None


def _whole(given: Scalar) -> int | None:
    """What pydantic takes for an integer: a float without a fraction, and a text of digits."""
    if isinstance(given, float):
        return int(given) if given.is_integer() else None
    try:
        return int(given)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
