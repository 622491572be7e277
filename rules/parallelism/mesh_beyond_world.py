from dtlint.job.joining import INITIALISER, joinings
from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.script.objects import as_value
from dtlint.value import known

MESH = "torch.distributed.device_mesh.init_device_mesh"


def check(process: Process):
    run = process.run
    if run is None:
        return
    joined = next(joinings(process), None)
    if joined is None and any(run.called(INITIALISER)):
        return
    world = joined.size if joined is not None else process.variable("WORLD_SIZE").as_int()
    for event in run.called(MESH):
        thing = event.thing("mesh_shape")
        dimensions = as_value(thing).length.integer if thing is not None else None
        if not event.surely or dimensions is None:
            continue
        sizes = [as_value(thing).item(index).as_int() for index in range(dimensions)]
        ranks = known(1)
        for size in sizes:
            ranks = ranks * size
        yield Finding(
            when=(ranks > world) & (world > 0),
            at=event.argument_at("mesh_shape"),
            because=(("started here", process), ranks, world),
            shape=" * ".join(str(size) for size in sizes),
            world=world,
        )
