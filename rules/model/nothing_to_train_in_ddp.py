from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.script import Instance
from dtlint.run.wrapping import DDP, WITHOUT_WEIGHTS
from dtlint.value import TRUE


def check(process: Process):
    run = process.run
    if run is None or run.truncated:
        return
    for wrap in run.called(DDP):
        module = wrap.thing("module")
        if not isinstance(module, Instance) or not wrap.surely or module.cls not in WITHOUT_WEIGHTS:
            continue
        # Somebody may have given it a parameter: `loss.temperature = Parameter(...)`.
        if not module.attributes and not module.unseen:
            yield Finding(when=TRUE, at=wrap, what=module.cls.rpartition(".")[2])
