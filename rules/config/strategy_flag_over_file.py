from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.value import TRUE

FLAG = "--multi_gpu"
SECTIONS = {"FSDP": "fsdp_config", "DEEPSPEED": "deepspeed_config"}
PLUGINS = ("fsdp_plugin", "deepspeed_plugin", "deepspeed_plugins", "megatron_lm_plugin")
ASKED = ("ACCELERATE_USE_FSDP", "ACCELERATE_USE_DEEPSPEED")


def check(process: Process):
    launch = process.launch
    if launch is None or launch.tool != "accelerate" or not launch.options.has(FLAG):
        return
    kind = launch.config.field("distributed_type")
    section = SECTIONS.get(kind.string or "")
    if section is None or shards_itself(process):
        return
    flag = launch.options.value(FLAG)
    yield Finding(when=TRUE, at=flag if flag.trail else launch, because=(kind,), kind=kind, section=section)


def shards_itself(process):
    """The script asks for FSDP or DeepSpeed itself, or may."""
    run, trainer = process.run, process.trainer
    if run is None or run.truncated or any(process.environment.set(name) for name in ASKED):
        return True
    made = list(run.called("accelerate.Accelerator"))
    if any(event.open or any(event.thing(name) is not None for name in PLUGINS) for event in made):
        return True
    if trainer is not None:
        return not (nothing(trainer.fsdp) and nothing(trainer.deepspeed))
    return not made


def nothing(value):
    return value.is_absent or (value.known and not value.constant)
