from dtlint.job.launch import Launch
from dtlint.rule import Finding
from dtlint.value import TRUE

COUNT = "--num_gpus"


def check(launch: Launch):
    options, devices = launch.options, launch.exec.environment.get("CUDA_VISIBLE_DEVICES")
    if launch.tool != "deepspeed" or not options.has(COUNT) or launch.allocation is not None:
        return
    if any(options.has(name) for name in ("--include", "--exclude", "--hostfile")):
        return
    if options.has("--num_nodes") and options.value("--num_nodes").as_int().integer != 1:
        return
    listed = [part.strip() for part in (devices.string or "").split(",")]
    count = options.value(COUNT).as_int()
    if not devices.trail or count.integer is None or count.integer < 1 or not all(part.isdigit() for part in listed):
        return
    if {int(part) for part in listed} != set(range(count.integer)):
        yield Finding(when=TRUE, at=devices, because=(count,), option=COUNT, count=count, devices=devices)
