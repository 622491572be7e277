from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.mapped_axes import nameless
from dtlint.value import TRUE


def check(process: Process):
    for event in nameless(process.run) if process.run is not None else ():
        name = event.argument("axis_name")
        yield Finding(when=TRUE, at=event.argument_at("axis_name"), call=event.method, name=name.string)
