from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.value import TRUE

ASKS = ("devices", "local_devices", "device_count", "local_device_count", "process_index", "process_count",
        "default_backend", "device_put", "make_mesh")  # fmt: skip
MAKES = ("array", "asarray", "zeros", "ones", "full", "arange", "linspace", "eye", "concatenate", "stack")
STARTS = (
    *(f"jax.{name}" for name in ASKS),
    *(f"jax.numpy.{name}" for name in MAKES),
    "jax.random.PRNGKey",
    "jax.random.key",
    "jax.random.normal",
    "jax.random.uniform",
    "jax.experimental.mesh_utils.create_device_mesh",
)


def check(process: Process):
    run = process.run
    if run is None or run.child:
        return
    joins = next(run.called("jax.distributed.initialize"), None)
    first = next(run.called(*STARTS), None)
    if joins is None or first is None or first.index > joins.index or not (first.surely and joins.surely):
        return
    yield Finding(
        when=TRUE,
        at=joins,
        because=(("the backend is started here", first),),
        call=f"jax.{first.name.removeprefix('jax.')}",
    )
