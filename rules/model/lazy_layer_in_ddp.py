from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.layers import parts_of
from dtlint.run.script.objects import Instance
from dtlint.run.wrapping import DDP
from dtlint.value import TRUE

LAZY = "torch.nn.Lazy"


def check(process: Process):
    run = process.run
    for wrap in run.called(DDP) if run is not None and not run.truncated else ():
        module = wrap.thing("module")
        if not isinstance(module, Instance) or module.unseen or not wrap.surely or wrap.caught:
            continue
        lazy = [part for part in parts_of(module) if isinstance(part.cls, str) and part.cls.startswith(LAZY)]
        made = [part.made_by for part in lazy if part.made_by is not None and part.made_by.surely and not part.unseen]
        earlier = [event for event in run.events if event.index < wrap.index]
        # A forward pass of it, of a part of it or of anything that may hold it gives the layers their sizes.
        if made and not any(_passes(event) for event in earlier):
            yield Finding(
                when=TRUE,
                at=wrap,
                because=(("the layer is made here, without its size", made[0]),),
                layer=made[0].method,
            )


def _passes(event):
    if event.method in ("load_state_dict", "initialize_parameters", "infer_parameters", "forward"):
        return True
    return event.method == "__call__" or event.name.startswith("?.__")
