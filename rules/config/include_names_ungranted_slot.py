from dtlint.job.launch import Launch
from dtlint.rule import Finding


def check(launch: Launch):
    if not launch.options.has("--include"):
        return
    include = launch.options.value("--include")
    for host, devices in launch.picked.items():
        slots = launch.slots.get(host)
        if slots is None or not devices:
            continue
        last = max(devices)
        yield Finding(when=slots <= last, at=include, because=(slots,), host=host, slot=last, slots=slots)
