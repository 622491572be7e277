from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.script.objects import ClassObject, Instance
from dtlint.run.wrapping import SHARD
from dtlint.value import TRUE


def check(process: Process):
    run = process.run
    if run is None or run.truncated:
        return
    cuts = [cut for cut in run.called(SHARD) if cut.surely]
    for event in run.events:
        module = event.receiver
        if event.method != "no_sync" or event.caught or not isinstance(module, Instance) or module.unseen:
            continue
        own = isinstance(module.cls, ClassObject) and module.cls.lookup("no_sync") is not None
        cut = next((one for one in cuts if one.thing("module") is module and one.index < event.index), None)
        if cut is not None and not own and "?" not in module.class_names:
            yield Finding(when=TRUE, at=event, because=(("fully_shard cuts it here", cut),))
            return
