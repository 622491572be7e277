from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.effects import Effect
from dtlint.run.ends import groups_left
from dtlint.run.groups import MESHES
from dtlint.run.script.objects import ExternalMethod, Unread, as_value
from dtlint.value import TRUE


def check(process: Process):
    run = process.run
    last = groups_left(run) if run is not None else None
    if last is None:
        return
    meshes = [event for event in run.called(*MESHES) if event.surely and cut(event) > 1 and on_gpus(event)]
    if not meshes:
        return
    # Communicators are made by the first call that needs them.
    if not any(event.index > meshes[0].index for event in run.effects(Effect.COLLECTIVE, Effect.BACKWARD)):
        return
    because = (("groups for each dimension are made here", meshes[0]), ("started here", process))
    yield Finding(when=TRUE, at=last, because=because, dimensions=cut(meshes[0]))


def cut(mesh):
    """Dimensions of the mesh in which there is more than one process, as far as known."""
    shape = as_value(mesh.thing("mesh_shape")) if mesh.thing("mesh_shape") is not None else None
    length = shape.length.integer if shape is not None else None
    return sum(shape.item(index).integer != 1 for index in range(length)) if length is not None else 0


def on_gpus(mesh):
    """The device is `cuda`, or whatever accelerator the host has."""
    thing = mesh.thing("device_type")
    owner = thing.receiver if isinstance(thing, ExternalMethod) else thing
    made = owner.made_by if isinstance(owner, Unread) else None
    if made is not None:
        return made.name == "torch.accelerator.current_accelerator"
    return thing is not None and as_value(thing).string == "cuda"
