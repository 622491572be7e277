from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.device_meshes import unnamed
from dtlint.value import TRUE


def check(process: Process):
    for one in unnamed(process.run) if process.run is not None else ():
        if one.event.caught or not one.event.some_day:
            continue
        yield Finding(
            when=TRUE,
            at=one.event,
            because=(("the mesh is made here", one.made),),
            name=repr(one.name),
            names=", ".join(map(repr, one.names)) or "no names",
        )
