from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.collectives import comes_about
from dtlint.run.wrapping import FSDP, SHARD
from dtlint.value import TRUE

COPY = "copy.deepcopy"
AVERAGED = "torch.optim.swa_utils.AveragedModel"


def check(process: Process):
    run = process.run
    if run is None:
        return
    for copy in run.called(COPY, AVERAGED):
        module = copy.given(0, "x" if copy.name == COPY else "model")
        cut = next((one for one in run.called(FSDP, SHARD) if cuts(one, module) and one.index < copy.index), None)
        if cut is not None and cut.surely and not copy.caught and comes_about(copy, run):
            yield Finding(when=TRUE, at=copy, because=(("FSDP cuts it up", cut),), call=copy.method)


def cuts(event, module):
    """The call makes the module one of FSDP."""
    made = event.result if event.name == FSDP else event.thing("module")
    return module is not None and made is module
