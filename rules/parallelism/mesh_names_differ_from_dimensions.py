from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.meshes import count, dimensions
from dtlint.value import TRUE

MESH, MADE = "jax.sharding.Mesh", "jax.make_mesh"


def check(process: Process):
    for event in process.called(MESH, MADE):
        names = count(event.thing("axis_names"))
        made = event.name == MADE
        found = count(event.thing("axis_shapes")) if made else dimensions(event.thing("devices"))
        if event.surely and found is not None and names is not None and found != names:
            yield Finding(
                when=TRUE,
                at=event,
                have=f"{found} dimension{'s' * (found != 1)}",
                named=f"{names} name{'s' * (names != 1)}",
                are="is" if names == 1 else "are",
            )
