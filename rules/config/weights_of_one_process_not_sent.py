from dtlint.job.launch import Launch
from dtlint.rule import Finding

LOADS = "fsdp_cpu_ram_efficient_loading"
SENDS = "fsdp_sync_module_states"


def check(launch: Launch):
    kind = launch.config.field("distributed_type")
    if launch.tool != "accelerate" or any(given(launch, name) for name in (LOADS, SENDS)):
        return
    section = launch.config.field("fsdp_config")
    loads, sends = section.field(LOADS), section.field(SENDS)
    yield Finding(
        when=(kind == "FSDP") & (loads == True) & (sends == False),  # noqa: E712
        at=sends,
        because=(loads,),
    )


def given(launch, name):
    """The command says it, or may."""
    return not launch.options.value(f"--{name}").is_absent
