from difflib import get_close_matches

from dtlint import mend
from dtlint.job.world import World
from dtlint.rule import Finding
from dtlint.value import TRUE

TYPES = (
    "NO", "MULTI_CPU", "MULTI_GPU", "MULTI_NPU", "MULTI_MLU", "MULTI_SDAA", "MULTI_MUSA", "MULTI_XPU", "MULTI_HPU",
    "MULTI_NEURON", "DEEPSPEED", "FSDP", "XLA", "TPU", "MEGATRON_LM",
)  # fmt: skip
"""`DistributedType` of accelerate/utils/dataclasses.py, with the name that XLA had before."""
PRECISIONS = ("no", "fp8", "fp16", "bf16")
FSDP = {
    "fsdp_auto_wrap_policy": ("TRANSFORMER_BASED_WRAP", "SIZE_BASED_WRAP", "NO_WRAP"),
    "fsdp_sharding_strategy": ("FULL_SHARD", "SHARD_GRAD_OP", "NO_SHARD", "HYBRID_SHARD", "HYBRID_SHARD_ZERO2",
                               "_HYBRID_SHARD_ZERO2"),
    "fsdp_backward_prefetch": ("BACKWARD_PRE", "BACKWARD_POST", "NO_PREFETCH"),
    "fsdp_state_dict_type": ("FULL_STATE_DICT", "LOCAL_STATE_DICT", "SHARDED_STATE_DICT"),
}  # fmt: skip
"""accelerate/utils/constants.py; all but the policy may also be the number of their place."""
CLOSE = 0.8
"""How alike two words are of which one is a slip of the other."""
NUMBERED = frozenset(FSDP) - {"fsdp_auto_wrap_policy"}


def check(world: World):
    launch = world.first
    config = launch.config
    if launch.tool != "accelerate" or config.field("compute_environment").string == "AMAZON_SAGEMAKER":
        return
    kind = config.field("distributed_type")
    asked = {"distributed_type": (kind, TYPES), "mixed_precision": (config.field("mixed_precision"), PRECISIONS)}
    if kind.string == "FSDP" and not plugged(world):
        section = config.field("fsdp_config")
        asked |= {name: (section.field(name), words) for name, words in FSDP.items()}
    for name, (value, words) in asked.items():
        word = value.string
        if word is None or launch.options.hidden or launch.options.has(f"--{name}"):
            continue
        same = word if name == "distributed_type" else word.lower() if words is PRECISIONS else word.upper()
        if same not in words and not (name in NUMBERED and word.isdigit()):
            close = get_close_matches(word.upper(), {known.upper(): known for known in words}, 1, CLOSE)
            meant = next((known for known in words if [known.upper()] == close), None)
            yield Finding(
                when=TRUE,
                at=value,
                edits=(mend.word(value.at, word, meant),) if meant is not None else (),
                name=name,
                word=word,
                words=", ".join(words),
            )


def plugged(world):
    """A script makes the plugin of FSDP itself, whose arguments win over the file."""
    runs = [process.run for process in world.processes]
    return any(
        run is not None and any(event.method == "FullyShardedDataParallelPlugin" for event in run.events)
        for run in runs
    )
