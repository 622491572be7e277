from dtlint.job.run import Run
from dtlint.rule import Finding
from dtlint.run.containers import processes, worlds

RDMA = ("rdma/",)
SWITCHES = {"NCCL_IB_DISABLE": ("1", 1), "NCCL_NET": ("Socket", "socket", "SOCKET")}


def check(run: Run):
    for container in run.containers():
        device = next((one for one in container.devices if (one.string or "").startswith(RDMA)), None)
        if device is None or container.kind != "pod":
            continue
        inside = [process.environment for process in processes(run, container)][:1]
        for name, off in SWITCHES.items():
            switch = container.variables.get(name) or next((each.get(name) for each in inside if each.set(name)), None)
            world = next((world for world, _ in worlds(run, container)), None)
            if switch is not None and switch.trail and world is not None:
                yield Finding(
                    when=(world.nodes > 1) & switch.one_of(*off),
                    at=switch,
                    because=(device, world.nodes),
                    switch=f"{name}={switch}",
                    device=device.string,
                )
