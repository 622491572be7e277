from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.paddle_groups import unready


def check(process: Process):
    world, found = process.world, unready(process)
    if found is None or world is None or world.first.tool != "paddle.distributed.launch":
        return
    later = (("it is made here only", found.later),) if found.later is not None else ()
    yield Finding(when=world.size > 1, at=found.wrap, because=(*later, world.size), size=world.size)
