from dtlint.job.run import Run
from dtlint.rule import Finding
from dtlint.run.containers import worlds
from dtlint.value import known

DEVICE = "/dev/infiniband"


def check(run: Run):
    for container in run.containers():
        options = container.options
        if container.kind != "docker" or options is None or options.hidden:
            continue
        device = next((one for one in container.devices if (one.string or "").startswith(DEVICE)), None)
        if device is None or unlocked(options):
            continue
        for world, _ in worlds(run, container):
            yield Finding(
                when=(world.nodes > 1) & (container.privileged == known(False)),
                at=container.at,
                because=(device, world.nodes),
                device=device,
            )
            break


def unlocked(options):
    """The limit is lifted, or does not hold: by name, or by the capability IPC_LOCK."""
    limits = options.values("--ulimit")
    capabilities = [one.string.upper() if one.string is not None else None for one in options.values("--cap-add")]
    lifted = any(one.string is None or one.string.startswith("memlock") for one in limits)
    return lifted or any(one is None or one.removeprefix("CAP_") in ("IPC_LOCK", "ALL") for one in capabilities)
