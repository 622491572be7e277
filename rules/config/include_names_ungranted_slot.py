from dtlint.job.launch import Launch
from dtlint.rule import Finding

LOCAL = "localhost"


def check(launch: Launch):
    if not launch.options.has("--include"):
        return
    include = launch.options.value("--include")
    alone = not launch.options.has("--hostfile") and not launch.options.hidden
    for host, devices in launch.picked.items():
        slots, by = launch.slots.get(host), "the hostfile grants it"
        # Without a hostfile it counts the GPUs that it sees, once it has dropped CUDA_VISIBLE_DEVICES.
        if slots is None and alone and host == LOCAL:
            slots, by = launch.host.gpus, "the job has"
        if slots is None or slots.is_absent or not devices:
            continue
        last = max(devices)
        yield Finding(when=slots <= last, at=include, because=(slots,), host=host, slot=last, slots=f"{by} {slots}")
