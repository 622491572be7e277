"""What torch's wrappers have themselves: they hand nothing else on to the module within.

FullyShardedDataParallel does (its `__getattr__` asks the module within), so it is not here.
"""

from __future__ import annotations

from typing import Final

from dtlint.run.saving import pretrained
from dtlint.run.script.objects import ClassObject, Either, Instance, Thing
from dtlint.run.script.trace import AttributeRead, ScriptRun
from dtlint.run.wrapping import DDP, DEEPEST

# The public names of torch 2.13, and those of older releases (torch/nn/parallel/distributed.py, data_parallel.py).
_OWN: Final = {
    DDP: frozenset(
        (
            "batched_grad_copy", "broadcast_bucket_size", "broadcast_buffers", "bucket_bytes_cap",
            "bucket_bytes_cap_default", "bucket_bytes_cap_list", "ddp_join_enabled", "device", "device_ids",
            "device_type", "dim", "find_unused_parameters", "forward_sync_buffers", "gather",
            "gradient_as_bucket_view", "is_multi_device_module", "join", "join_device", "join_hook",
            "join_process_group", "logger", "mixed_precision", "module", "modules_buffers", "modules_params",
            "named_module_buffers", "no_sync", "output_device", "parallel_apply", "parameters_to_ignore",
            "process_group", "reducer", "register_comm_hook", "replicate", "require_backward_grad_sync",
            "require_forward_param_sync", "scatter", "skip_all_reduce_unused_params", "static_graph", "to_kwargs",
            "use_side_stream_for_tensor_copies", "will_sync_module_buffers",
        )
    ),
    "torch.nn.DataParallel": frozenset(
        (
            "device_ids", "dim", "gather", "module", "output_device", "parallel_apply", "replicate", "scatter",
            "src_device_obj",
        )
    ),
}  # fmt: skip
_MODULE: Final = frozenset(
    (
        "T_destination", "add_module", "apply", "bfloat16", "buffers", "call_super_init", "children", "compile", "cpu",
        "cuda", "double", "dump_patches", "eval", "extra_repr", "float", "forward", "get_buffer", "get_extra_state",
        "get_parameter", "get_submodule", "half", "ipu", "load_state_dict", "modules", "mtia", "named_buffers",
        "named_children", "named_modules", "named_parameters", "parameters", "register_backward_hook",
        "register_buffer", "register_forward_hook", "register_forward_pre_hook", "register_full_backward_hook",
        "register_full_backward_pre_hook", "register_load_state_dict_post_hook",
        "register_load_state_dict_pre_hook", "register_module", "register_parameter",
        "register_state_dict_post_hook", "register_state_dict_pre_hook", "requires_grad_", "set_extra_state",
        "set_submodule", "share_memory", "state_dict", "to", "to_empty", "train", "training", "type", "xpu",
        "zero_grad",
    )
)  # fmt: skip


_PRETRAINED: Final = frozenset(
    ("generate", "gradient_checkpointing_enable", "push_to_hub", "resize_token_embeddings", "save_pretrained")
)
"""Methods of every model of transformers (modeling_utils.py)."""
_ADDED: Final = frozenset(("dml", "gcu", "hpu", "mlu", "musa", "npu", "sdaa", "tpu", "xla"))
"""What plug-ins for other hardware add to every module."""


def lacks(run: ScriptRun, asked: AttributeRead) -> bool:
    """The wrapper surely has no such attribute.

    A method may have been added to every module by code that was not read: it must be one of the module within.
    """
    wrapper, name = asked.wrapper, asked.name
    if not isinstance(wrapper.cls, str) or wrapper.cls not in _OWN or name.startswith("_"):
        return False
    if name in _MODULE | _OWN[wrapper.cls] | _ADDED:
        return False
    module = wrapper.attributes.get("module")
    called = any(event.func_at == asked.at for event in run.events)
    return has(module, name) or not called or (name in _PRETRAINED and module is not None and pretrained(module))


def has(thing: Thing | None, name: str, deep: int = DEEPEST) -> bool:
    """It is an object of a class of the workspace that surely has the attribute, whichever branch was taken."""
    if isinstance(thing, Either) and deep:
        return all(has(side, name, deep - 1) for side in (thing.then, thing.otherwise))
    if not isinstance(thing, Instance) or not isinstance(thing.cls, ClassObject):
        return False
    return name in thing.attributes or thing.cls.lookup(name) is not None
