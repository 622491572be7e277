"""How many devices the processes of a JAX program have, and meshes that are laid over all of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dtlint.job.process import Process
from dtlint.record import record
from dtlint.run.jax_processes import INITIALISER
from dtlint.run.script.objects import Instance, ListObject, Thing, Unread, as_value, maker
from dtlint.run.script.trace import Event, ScriptRun
from dtlint.value import Value, known

_ARRAYS: Final = ("numpy.array", "numpy.asarray")
_ALL: Final = "jax.devices"
_COUNT: Final = "jax.device_count"
_MESHES: Final = "jax.experimental.mesh_utils.create_device_mesh"
_MAKER: Final = "jax.make_mesh"
_OF_HOST: Final = "xla_force_host_platform_device_count"


@record(eq=False)
class Laid:
    """A mesh over all devices of the program."""

    event: Event
    sizes: tuple[Value, ...]
    smaller: bool
    """It may leave devices out."""

    @property
    def places(self) -> Value:
        found = known(1)
        for size in self.sizes:
            found = found * size
        return found


def takes_one(process: Process) -> Event | None:
    """The call by which a task of Slurm takes one GPU, that with the number of its local rank.

    `ClusterEnv.auto_detect_unset_distributed_params` of jax/_src/clusters/cluster.py.
    """
    run, launch = process.run, process.launch
    if run is None or launch is None or launch.tool != "srun" or _set_apart(process, run):
        return None
    for event in run.called(INITIALISER):
        chosen = event.argument("local_device_ids").is_absent and len(event.positional) < 4
        if event.surely and chosen and event.argument("cluster_detection_method").is_absent:
            return event
    return None


def _set_apart(process: Process, run: ScriptRun) -> bool:
    """Variables and settings of JAX may choose the devices."""
    if any(name.startswith("JAX_") for name in process.environment) or any(run.called("jax.config.update")):
        return True
    return run.sets_unknown_names or any(write.name.startswith("JAX_") for write in run.writes)


def device_count(process: Process) -> Value | None:
    """What `jax.device_count()` gives; None where it is not known.

    Of a task that sees more GPUs than there are tasks on its host, that is not said: older releases take them all.
    """
    run = process.run
    if run is None or run.truncated or _set_apart(process, run):
        return None
    flags = process.variable("XLA_FLAGS")
    if flags.trail and not (flags.is_absent or (flags.known and _OF_HOST not in str(flags.constant))):
        return None
    gpus = process.visible_gpus
    if takes_one(process) is not None and process.launch is not None:
        return process.launch.total if (gpus <= process.launch.per_node).always else None
    alone = run.complete and not any(event.name.startswith("jax.distributed.") for event in run.events)
    return gpus if alone and (gpus > known(0)).always else None


def laid(run: ScriptRun) -> Iterator[Laid]:
    """Meshes of a shape that is known, over `jax.devices()`."""
    for event in run.events:
        if not event.surely or event.open or event.caught:
            continue
        shape: Thing | None = None
        if event.name == _MESHES and len(event.positional) < 2 and "devices" not in event.keywords:
            shape = event.thing("mesh_shape")
        elif event.name == _MAKER and event.thing("devices") is None:
            shape = event.thing("axis_shapes")
        elif event.method == "reshape" and not event.keywords and _all_devices(event.receiver):
            shape = event.positional[0] if len(event.positional) == 1 else None
        sizes = _sizes(shape)
        if sizes:
            yield Laid(event, sizes, event.name == _MAKER)


def _all_devices(thing: Thing | None) -> bool:
    """An array of what `jax.devices()` lists."""
    array = maker(thing)
    if array is None or array.name not in _ARRAYS or array.open or array.result is not thing:
        return False
    return _listed(array.positional[0] if len(array.positional) == 1 else None)


def _listed(listed: Thing | None) -> bool:
    """`jax.devices()`, of all processes and of the kind that there is."""
    made = listed.made_by if isinstance(listed, Unread) and not listed.operands else None
    given = made is not None and (made.positional or made.keywords or made.open)
    return made is not None and made.name == _ALL and made.result is listed and not given


def over_all_devices(sharding: Thing | None) -> bool:
    """The first dimension is cut over all axes of a mesh of all devices, so that no two of them have the same rows."""
    made = sharding.made_by if isinstance(sharding, Instance) and sharding.is_a("jax.sharding.NamedSharding") else None
    mesh, spec = (made.given(0, "mesh"), made.given(1, "spec")) if made is not None else (None, None)
    laid, cut = (one.made_by if isinstance(one, Instance) else None for one in (mesh, spec))
    if laid is None or cut is None or laid.open or cut.open or laid.name not in ("jax.sharding.Mesh", _MAKER):
        return False
    names, first = _words(laid.given(1, "axis_names")), _words(cut.positional[0] if cut.positional else None)
    if not names or not set(names) <= set(first):
        return False
    if laid.name == _MAKER:
        return laid.thing("devices") is None and _counted(laid.thing("axis_shapes"))
    devices = laid.given(0, "devices")
    return _all_devices(devices) or _listed(devices) or _shaped(devices)


def _counted(shape: Thing | None) -> bool:
    """One dimension with as many places as there are devices."""
    sizes = shape.items if isinstance(shape, ListObject) and shape.complete else ()
    made = maker(sizes[0]) if len(sizes) == 1 else None
    return made is not None and made.name == _COUNT and made.result is sizes[0] and not made.positional


def _words(thing: Thing | None) -> tuple[str, ...]:
    """The name, or the names of a list; none where one of them is not known."""
    things = thing.items if isinstance(thing, ListObject) and thing.complete else [thing]
    words = [one.string if isinstance(one, Value) else None for one in things]
    return tuple(word for word in words if word is not None) if None not in words else ()


def _shaped(thing: Thing | None) -> bool:
    """All devices in a shape."""
    made = maker(thing)
    if made is None or made.open or made.result is not thing:
        return False
    if made.name == _MESHES:
        return len(made.positional) < 2 and "devices" not in made.keywords
    return made.method == "reshape" and _all_devices(made.receiver)


def _sizes(shape: Thing | None) -> tuple[Value, ...]:
    """The numbers of places of its dimensions; empty where one of them is not known, or is left to be computed."""
    if not isinstance(shape, ListObject) or not shape.complete:
        return ()
    sizes = tuple(as_value(item).as_int() for item in shape.items)
    return sizes if all((size.integer or 0) > 0 for size in sizes) else ()
