from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.device_meshes import MADE as TORCH
from dtlint.run.meshes import count, dimensions
from dtlint.value import TRUE

MESH, MADE = "jax.sharding.Mesh", "jax.make_mesh"


def check(process: Process):
    for event in process.called(MESH, MADE, TORCH):
        names, found = count(event.thing("axis_names")), None
        if event.name == MESH:
            found = dimensions(event.thing("devices"))
        elif event.name == MADE:
            found = count(event.thing("axis_shapes"))
        else:
            names, found = count(event.thing("mesh_dim_names")), count(event.thing("mesh_shape"))
        if event.surely and found is not None and names is not None and found != names:
            yield Finding(
                when=TRUE,
                at=event,
                what="the shape of the mesh" if event.name == TORCH else "the array of devices",
                have=f"{found} dimension{'s' * (found != 1)}",
                named=f"{names} name{'s' * (names != 1)}",
                are="is" if names == 1 else "are",
            )
