from dtlint.job.process import Process
from dtlint.rule import Finding

INITIALISER = "jax.distributed.initialize"


def check(process: Process):
    run, launch = process.run, process.launch
    if run is None or launch is None or launch.tool != "srun":
        return
    # Variables and settings of JAX may choose the devices.
    if any(name.startswith("JAX_") for name in process.environment) or any(run.called("jax.config.update")):
        return
    if run.sets_unknown_names or any(write.name.startswith("JAX_") for write in run.writes):
        return
    gpus = process.visible_gpus
    for event in run.called(INITIALISER):
        chosen = event.argument("local_device_ids").is_absent and len(event.positional) < 4
        if event.surely and chosen and event.argument("cluster_detection_method").is_absent:
            yield Finding(
                when=gpus > launch.per_node,
                at=event,
                because=(("started here", launch), gpus, launch.per_node),
                gpus=gpus,
                tasks=launch.per_node,
            )
