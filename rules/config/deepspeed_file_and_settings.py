from dtlint.job.launch import Launch
from dtlint.rule import Finding

IGNORED = (
    "gradient_accumulation_steps",
    "gradient_clipping",
    "zero_stage",
    "offload_optimizer_device",
    "offload_param_device",
    "offload_param_nvme_path",
    "offload_optimizer_nvme_path",
    "zero3_save_16bit_model",
)
"""What accelerate refuses beside a file (`_deepspeed_config_checks` in accelerate/utils/dataclasses.py)."""


def check(launch: Launch):
    config = launch.config
    if launch.tool != "accelerate" or config.is_absent:
        return
    section = config.field("deepspeed_config")
    file = section.field("deepspeed_config_file")
    if not file.string:
        return
    values = {name: section.field(name) for name in IGNORED}
    if not launch.options.hidden and not launch.options.has("--mixed_precision"):
        values["mixed_precision"] = config.field("mixed_precision")
    for name, value in values.items():
        if value.is_absent or value.is_unknown:
            continue
        yield Finding(
            when=config.field("distributed_type") == "DEEPSPEED", at=value, because=(file,), name=name, file=file
        )
