from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.groups import INITIALISER
from dtlint.value import truth

LOCAL = ("file:///tmp/", "file:///var/tmp/", "file:///dev/shm/")


def check(process: Process):
    world = process.world
    for event in process.called(INITIALISER) if world is not None else ():
        method = event.argument("init_method")
        text = method.string
        if text is not None and event.surely:
            yield Finding(
                when=truth(text.startswith(LOCAL)) & (world.nodes > 1),
                at=event.argument_at("init_method"),
                because=(method, world.nodes),
                file=text.removeprefix("file://"),
                nodes=world.nodes,
            )
