"""What `accelerate launch` tells its processes of FSDP: by its options, or by the section `fsdp_config` of its file.

`prepare_multi_gpu_env` of accelerate/utils/launch.py hands both on as variables, which `FullyShardedDataParallelPlugin`
of accelerate/utils/dataclasses.py reads.
"""

from __future__ import annotations

from typing import Final

from dtlint.job.process import Process
from dtlint.value import Value, absent

_OTHERWISE: Final = ("--use_deepspeed", "--multi_gpu", "--cpu", "--use_cpu", "--tpu", "--use_megatron_lm")
"""Options that take the place of the file's `distributed_type`."""


def fsdp_setting(process: Process, name: str) -> Value:
    """One of them, such as `use_orig_params`; absent where FSDP is not surely asked for, or nobody says it."""
    launch = process.launch
    if launch is None or launch.tool != "accelerate" or launch.options.hidden:
        return absent()
    if launch.config.field("distributed_type").string != "FSDP" or any(map(launch.options.has, _OTHERWISE)):
        return absent()
    given = launch.options.value(f"--fsdp_{name}")
    return given if not given.is_absent else launch.config.field("fsdp_config").field(f"fsdp_{name}")
