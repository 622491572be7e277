from dtlint.job.process import Process
from dtlint.mend import whole
from dtlint.rule import Finding
from dtlint.run.epochs import untold
from dtlint.run.handing import SAMPLER
from dtlint.run.script import Instance
from dtlint.value import TRUE


def check(process: Process):
    if process.run is None:
        return
    for event, what, loader in untold(process.run):
        because = (("the loader", loader.made_by),) if loader.made_by is not None else ()
        sampler = loader.attributes.get("sampler")
        shared_out = isinstance(sampler, Instance) and sampler.cls == SAMPLER and event.receiver is loader
        edits = (whole(event.at, r"([\w.]+)\.set_epoch\((.*)\)", r"\1.sampler.set_epoch(\2)"),) if shared_out else ()
        yield Finding(when=TRUE, at=event, because=because, edits=edits, what=what)
