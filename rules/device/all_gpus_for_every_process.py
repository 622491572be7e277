from dtlint.job.visibility import mask
from dtlint.job.world import World
from dtlint.rule import Finding
from dtlint.run.horovod import blind, started
from dtlint.value import known

GROWS = ("tensorflow.config.experimental.set_memory_growth", "tensorflow.config.set_memory_growth")
STARTERS = ("mpirun", "horovodrun")
"""They leave the devices of a host to each of their processes."""


def check(world: World):
    process = world.processes[0] if world.processes else None
    run = process.run if process is not None else None
    if run is None or world.first.tool == "presumed" or not started(run):
        return
    fit = blind(run)
    if fit is None:
        return
    gpus = process.visible_gpus
    grows = next(run.called(*GROWS), None)
    # Whoever lets the memory of all GPUs grow has some; how many there are need not be written anywhere.
    lists = grows is not None and grows.loops and world.first.tool in STARTERS and mask(process.environment) is None
    if grows is not None and lists and gpus.is_unknown:
        when = world.per_node > known(1)
        because = (("their memory is to grow", grows), ("it computes from here on", fit), world.per_node)
        seen = "GPUs"
    else:
        when = (world.per_node > 1) & (gpus > 1)
        because = (("it computes from here on", fit), world.per_node, gpus)
        seen = f"{gpus} GPUs"
    yield Finding(
        when=when,
        at=next(event for event in run.events if event.name.startswith("horovod.") and event.method == "init"),
        because=because,
        count=world.per_node,
        seen=seen,
    )
