from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.groups import INITIALISER
from dtlint.run.script.objects import Instance
from dtlint.value import some, truth

LOCAL = ("/tmp/", "/var/tmp/", "/dev/shm/")
SCHEME = "file://"
STORE = "torch.distributed.FileStore"


def check(process: Process):
    world = process.world
    for event in process.called(INITIALISER) if world is not None else ():
        if not event.surely:
            continue
        for where, at, scheme in meeting_files(event):
            yield Finding(
                when=some(where.starts_with(scheme + folder) & truth(not mounted(process, folder)) for folder in LOCAL)
                & (world.nodes > 1),
                at=at,
                because=(where, world.nodes),
                file=str(where).removeprefix(scheme),
                nodes=world.nodes,
            )


def meeting_files(event):
    """The text that names the file, where it is given, and what stands in front of the path."""
    yield event.argument("init_method"), event.argument_at("init_method"), SCHEME
    store = event.thing("store")
    made = store.made_by if isinstance(store, Instance) else None
    if made is not None and made.name == STORE:
        yield made.argument("file_name"), made.argument_at("file_name"), ""


def mounted(process, folder):
    """A volume that all containers may share stands there, or may."""
    container = process.host.container
    paths = [mount.path.string for mount in container.mounts] if container is not None else []
    return any(path is None or f"{path.rstrip('/')}/".startswith(folder) for path in paths)
