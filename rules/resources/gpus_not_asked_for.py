from dtlint.job.run import Run
from dtlint.rule import Finding
from dtlint.run.containers import worlds
from dtlint.run.devices import INITIALISER
from dtlint.value import TRUE

OTHERWISE = ("--gpus", "--runtime", "--device", "--privileged", "--volumes-from", "--cdi-dirs", "--pod")
"""Options with which a container may get GPUs."""

LOOKS = frozenset({"torch.cuda.is_available", "torch.cuda.device_count"})
"""Calls of scripts that can do without GPUs."""


def check(run: Run):
    for launch in run.launches:
        container = launch.container
        # nvidia-docker brings the GPUs by itself.
        if container is None or container.kind not in ("docker", "podman") or launch.tool.startswith("nvidia"):
            continue
        options = container.options
        if options.hidden or options.strange or any(options.has(name) for name in OTHERWISE):
            continue
        if any(name.startswith(("NVIDIA_", "ROCR_")) for name in container.variables):
            continue
        for _, process in worlds(run, container):
            if any(event.name in LOOKS for event in process.run.events):
                continue
            group = next(process.run.called(INITIALISER), None)
            if group is not None and group.surely and (group.argument("backend") == "nccl").surely:
                yield Finding(
                    when=TRUE, at=container.at, because=(("it joins a group of NCCL", group),), engine=container.kind
                )
                break
