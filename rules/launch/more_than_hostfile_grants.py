from dtlint.job.launch import Launch
from dtlint.rule import Finding, near
from dtlint.value import known


def check(launch: Launch):
    if launch.tool != "deepspeed" or not launch.slots:
        return
    nodes = launch.options.value("--num_nodes").as_int()
    listed = known(len(launch.slots))
    yield Finding(
        when=nodes > listed, at=near(nodes, launch), because=hosts(launch), asked=nodes, what="hosts", granted=listed
    )
    each = launch.options.value("--num_gpus").as_int()
    for host, slots in launch.slots.items():
        yield Finding(
            when=each > slots,
            at=near(each, launch),
            because=(slots,),
            asked=each,
            what="GPUs on each host",
            granted=f"{slots} for {host}",
        )


def hosts(launch):
    return tuple(slots for slots in launch.slots.values() if not slots.is_absent)[:3]
