from dtlint.job.launch import Launch
from dtlint.rule import Finding, near

OTHERWISE = ("--multi_gpu", "--use_deepspeed", "--use_fsdp", "--use_megatron_lm", "--tpu", "--cpu", "--use_cpu",
             "--mpirun_hostfile")  # fmt: skip
"""Options that take the place of the file's `distributed_type`."""


def check(launch: Launch):
    options, kind = launch.options, launch.config.field("distributed_type")
    if launch.tool != "accelerate" or options.hidden or any(options.has(name) for name in OTHERWISE):
        return
    # The processes of CPUs are started by mpirun.
    on_cpu = launch.config.field("use_cpu")
    if kind.string != "NO" or on_cpu.is_unknown or (on_cpu.known and on_cpu.constant not in (False, None)):
        return
    asked = options.value("--num_processes").as_int()
    if asked.is_absent:
        if launch.at.path == kind.at.path:
            return  # no command names the file: whoever takes it may well mean the one process that it is for
        asked = launch.config.field("num_processes").as_int()
    yield Finding(when=asked > 1, at=near(asked, launch), because=(kind,), asked=asked)
