from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.devices import INITIALISER, seen, uses
from dtlint.run.placement import wrapped_on_cpu


def check(process: Process):
    if process.run is None:
        return
    groups = list(process.run.called(INITIALISER))
    for event in groups:
        backend, visible = event.argument("backend"), seen(process, event)
        if not event.surely or not backend.trail:
            continue
        if visible.trail:
            yield Finding(
                when=(backend == "nccl") & (visible == 0),
                at=backend,
                because=(visible,),
                lack="processes see no GPU",
            )
        elif len(groups) == 1 and (wrap := left_on_cpu(process)) is not None:
            yield Finding(
                when=backend == "nccl",
                at=backend,
                because=(
                    ("this container asks for no GPU", process.host.container),
                    ("a model on the CPU is wrapped here", wrap),
                ),
                lack="pods ask for no GPU and the model stays on the CPU",
            )


def left_on_cpu(process):
    """The call that wraps a model on the CPU, in a pod that asks for CPUs alone and whose script names no GPU."""
    container = process.host.container
    if container is None or container.kind != "pod" or not container.cpus.trail:
        return None
    asked = (container.gpus, container.gpus_requested)
    if not all(one.is_absent for one in asked) or container.devices or any(uses(process.run)):
        return None
    return next((wrap for wrap in wrapped_on_cpu(process.run) if wrap.argument("process_group").is_absent), None)
