from dtlint.job.launch import Launch
from dtlint.rule import Finding
from dtlint.value import TRUE


def check(launch: Launch):
    # The hosts of a file that an operator writes are not known by name.
    written = launch.allocation.hostfiles if launch.allocation is not None else ()
    if launch.tool != "deepspeed" or not launch.slots or launch.options.value("--hostfile").string in written:
        return
    listed = [slots for slots in launch.slots.values() if slots.trail]
    for name in ("--include", "--exclude"):
        hosts = launch.options.value(name)
        for part in (hosts.string or "").split("@"):
            host = part.partition(":")[0].strip()
            if host and host not in launch.slots:
                known = ", ".join(list(launch.slots)[:3]) + (" …" if len(launch.slots) > 3 else "")
                yield Finding(when=TRUE, at=hosts, because=listed[:3], option=name, host=host, known=known)
                break
