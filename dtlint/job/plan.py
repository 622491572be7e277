"""How the work of one program is cut up, in the field's words, whichever tool says it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dtlint.facts.problem import Problem
from dtlint.record import record
from dtlint.source import Span
from dtlint.value import Truth, Value, absent, known

if TYPE_CHECKING:
    from dtlint.job.process import Process
    from dtlint.job.world import World


@record(eq=False)
class Conflict:
    """An option that the program refuses beside the others, or without another."""

    option: Value
    reason: str
    because: tuple[Value, ...]
    when: Truth


@dataclass(eq=False, slots=True)
class Plan:
    """Settings of one world's training; each is absent where nobody sets it, unknown where somebody may."""

    at: Span
    """The configuration or command that says most of it."""
    process: Process | None = None
    world: World | None = None
    source: str = ""
    """deepspeed, accelerate, megatron …"""
    micro_batch: Value = field(default_factory=absent)
    """Samples per process and step of the model."""
    pipeline_micro_batch: Value = field(default_factory=absent)
    """Samples of one micro batch, of which the pipeline cuts several from `micro_batch`."""
    mini_batch: Value = field(default_factory=absent)
    """Samples of one update, of which reinforcement learning makes several from those of one step (`global_batch`)."""
    mini_batch_share: Value = field(default_factory=absent)
    """Answers of one update that each process learns from."""
    share_micro_batch: Value = field(default_factory=absent)
    """Answers of those that a process takes at a time."""
    accumulation: Value = field(default_factory=absent)
    """Micro batches per optimizer step."""
    answers: Value = field(default_factory=absent)
    """Answers to one prompt that are compared with each other, in reinforcement learning by groups."""
    answers_at_once: Value = field(default_factory=absent)
    """Answers that all processes together make before they are compared."""
    engine_device: Value = field(default_factory=absent)
    """Index of the GPU, of those that a process sees, on which an engine beside the training makes the answers."""
    global_batch: Value = field(default_factory=absent)
    """Samples per optimizer step over all processes."""
    tensor: Value = field(default_factory=absent)
    """Tensor parallel degree."""
    pipeline: Value = field(default_factory=absent)
    """Pipeline parallel degree."""
    context: Value = field(default_factory=absent)
    """Context parallel degree."""
    expert: Value = field(default_factory=absent)
    """Expert parallel degree."""
    expert_tensor: Value = field(default_factory=absent)
    """Tensor parallel degree within the experts, of a program that divides the same world once more for them."""
    first_stage: Value = field(default_factory=absent)
    """Layers of the first pipeline stage, where it is given and the others share the rest."""
    last_stage: Value = field(default_factory=absent)
    """The same of the last one."""
    layers_in_all: Value = field(default_factory=absent)
    """Layers of the whole model, where the first or the last stage is given its own."""
    size: Value = field(default_factory=absent)
    """Processes in all, where the configuration says it and not the launcher."""
    data: Value = field(default_factory=absent)
    """Data parallel degree, where it is set and not computed."""
    layers: Value = field(default_factory=absent)
    layers_of_stage: Value = field(default_factory=absent)
    """Layers that each pipeline stage holds, where they are cut further into virtual stages."""
    layers_of_virtual_stage: Value = field(default_factory=absent)
    virtual_stages: Value = field(default_factory=absent)
    """Virtual stages into which each pipeline stage is cut, where micro batches pass the stages in groups of as many as
    there are stages."""
    heads: Value = field(default_factory=absent)
    kv_heads: Value = field(default_factory=absent)
    """Key-value heads (query groups)."""
    experts: Value = field(default_factory=absent)
    """Experts of each mixture-of-experts layer."""
    sequence: Value = field(default_factory=absent)
    """Sequence length in tokens."""
    sequence_parallel: Value = field(default_factory=absent)
    fp16: Value = field(default_factory=absent)
    bf16: Value = field(default_factory=absent)
    zero_stage: Value = field(default_factory=absent)
    gathers_on_save: Value = field(default_factory=absent)
    """DeepSpeed puts the shards of ZeRO stage 3 together where whole weights are asked for."""
    persistent: Value = field(default_factory=absent)
    """Elements of the largest parameter that ZeRO stage 3 leaves whole in each process."""
    learning_rate: Value = field(default_factory=absent)
    weight_decay: Value = field(default_factory=absent)
    steps: Value = field(default_factory=absent)
    """Optimizer steps of the whole training, where they are counted and not computed of epochs."""
    warmup: Value = field(default_factory=absent)
    """Steps in which the learning rate rises, where they are counted."""
    clip: Value = field(default_factory=absent)
    """Norm at which gradients are clipped."""
    fully_sharded: Value = field(default_factory=absent)
    """FSDP cuts up the parameters."""
    fsdp: Value = field(default_factory=absent)
    """The switch or words that ask for FSDP, as the Trainer takes them."""
    wrapped_layers: Value = field(default_factory=absent)
    """Classes of the layers that FSDP wraps one by one."""
    fsdp_checkpointing: Value = field(default_factory=absent)
    """FSDP's own checkpointing of activations."""
    deepspeed: Value = field(default_factory=absent)
    """The configuration for DeepSpeed that a trainer is given."""
    unused_search: Value = field(default_factory=absent)
    """DistributedDataParallel looks in each step for parameters that took no part in it; absent under other engines."""
    checkpointing: Value = field(default_factory=absent)
    """The trainer switches checkpointing of activations on itself."""
    reentrant: Value = field(default_factory=absent)
    """How it does so: the backward pass of a checkpointed layer stands within that of the model."""
    record: Value = field(default_factory=absent)
    """The configuration file or dictionary as it stands; absent for plans of command lines."""
    conflicts: tuple[Conflict, ...] = ()
    """What the program checks of its options before it starts to train."""
    problems: tuple[Problem, ...] = ()
    """Why the configuration file is not what its format wants."""
    reader: str = ""
    """Who reads the file with Python's `json`, which takes nothing but JSON; empty where that is not known."""
    trainer: Plan | None = None
    """What a trainer that takes the configuration is asked for besides, where both must agree."""
    one_connection: bool = False
    """Tensor and context parallelism need CUDA_DEVICE_MAX_CONNECTIONS=1, so that the GPU takes the kernels of
    communication and computation in the order in which they were started."""
    direct: bool = False
    """Nothing stands between the configuration and the framework that could fill in what it leaves open (`"auto"`)."""

    @property
    def world_size(self) -> Value:
        if not self.size.is_absent:
            return self.size
        return self.world.size if self.world is not None else absent()

    @property
    def replica(self) -> Value:
        """Processes that hold one replica of the model."""
        size = known(1)
        for degree in (self.tensor, self.pipeline, self.context):
            if not degree.is_absent:
                size = size * degree
        return size

    @property
    def expert_replica(self) -> Value:
        """Processes that hold one copy of all experts; absent where they are spread with the rest of the model."""
        if self.expert_tensor.is_absent or self.expert.is_absent:
            return absent()
        return self.expert_tensor * self.expert * self.pipeline.or_default(known(1))

    @property
    def data_parallel(self) -> Value:
        """World size divided by what each model replica takes."""
        if not self.data.is_absent:
            return self.data
        return self.world_size if self.replica.integer == 1 else self.world_size // self.replica
