from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.device_meshes import dimensions_of
from dtlint.value import TRUE

PARALLELIZE = "torch.distributed.tensor.parallel.parallelize_module"
ASKS = ("get_group", "get_local_rank")


def check(process: Process):
    for event in process.events:
        if event.name == PARALLELIZE:
            mesh = event.thing("device_mesh")
        elif event.method in ASKS and not (event.positional or event.keywords):
            mesh = event.receiver
        else:
            continue
        found = dimensions_of(mesh) if not event.open else None
        if found is not None and found > 1 and event.some_day and not event.caught:
            yield Finding(
                when=TRUE,
                at=event,
                because=(("the mesh is made here", mesh.made_by),),
                call=event.method,
                dimensions=found,
            )
