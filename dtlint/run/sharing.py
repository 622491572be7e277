"""The call by which the processes of a job train one model together, each with samples of its own."""

from __future__ import annotations

from typing import Final

from dtlint.job.process import Process
from dtlint.run.script.loops import MODULE, STRATEGY
from dtlint.run.script.objects import Instance
from dtlint.run.script.trace import Event, ScriptRun

WRAPPERS: Final = ("torch.nn.parallel.DistributedDataParallel", "horovod.torch.DistributedOptimizer")
ENGINES: Final = (
    "accelerate.Accelerator.prepare",
    "accelerate.Accelerator.prepare_model",
    "lightning.fabric.Fabric.setup",
    "lightning.fabric.Fabric.setup_module",
    f"{STRATEGY}.setup",
    "deepspeed.initialize",
)
"""They average gradients, and share out only the loaders that they are given (accelerate/data_loader.py,
lightning/fabric/fabric.py) or make themselves (`training_data=` of deepspeed/__init__.py)."""
_CUTS: Final = (
    "initialize_model_parallel", "initialize_megatron", "init_device_mesh", "DeviceMesh", "new_group",
    "initialize_sequence_parallel", "PipelineModule", "ModelParallelStrategy", "TorchTensorParallelPlugin",
    "MegatronLMPlugin", "ParallelismConfig", "UlyssesSPAttentionHF",
)  # fmt: skip
"""Calls after which some processes may be meant to see the same samples."""
_PLUGINS: Final = ("torch_tp_plugin", "megatron_lm_plugin", "parallelism_config", "mpu", "mesh_param")
_OPTIONS: Final = ("tensor-parallel", "tensor_parallel", "model-parallel", "model_parallel", "pipeline-parallel",
                   "pipeline_parallel", "sequence-parallel", "sequence_parallel", "context-parallel",
                   "context_parallel")  # fmt: skip


def joins(process: Process) -> Event | None:
    """The first such call that the process surely makes; None where there is none, or some may share their samples."""
    run = process.run
    if run is None:
        return None
    found = next(run.called(*WRAPPERS), None)
    return found if found is not None else _engine(process, run)


def _engine(process: Process, run: ScriptRun) -> Event | None:
    cuts = any(event.method in _CUTS or any(name in event.keywords for name in _PLUGINS) for event in run.events)
    asked = any(name in (word.string or "") for word in process.arguments for name in _OPTIONS)
    if cuts or asked:
        return None
    return next((event for event in run.called(*ENGINES) if event.surely and _of_a_model(event)), None)


def _of_a_model(event: Event) -> bool:
    """A model is among what it is given: some loaders are prepared in a call of their own."""
    if event.name == "deepspeed.initialize":
        return event.thing("model") is not None
    return any(isinstance(thing, Instance) and _is_model(thing) for thing in event.positional)


def _is_model(thing: Instance) -> bool:
    name = thing.cls if isinstance(thing.cls, str) else ""
    library = name.startswith(("torch.nn.", "torchvision.models.", "transformers.", "diffusers.", "timm."))
    return library or thing.is_a("torch.nn.Module") or thing.is_a(MODULE)
