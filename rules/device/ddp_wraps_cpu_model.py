from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.devices import INITIALISER, uses
from dtlint.run.placement import wrapped_on_cpu
from dtlint.run.script.objects import ListObject
from dtlint.value import some, truth


def check(process: Process):
    run = process.run
    for wrap in wrapped_on_cpu(run) if run is not None else ():
        groups = [event for event in run.called(INITIALISER) if event.index < wrap.index]
        nccl = some(event.argument("backend") == "nccl" for event in groups if event.surely)
        own = wrap.argument("process_group").is_absent and len(groups) == 1
        later = (use for use in uses(run) if use.named and use.event.receiver in (wrap.thing("module"), wrap.result))
        moved = next((use.event for use in later if use.event.index > wrap.index), None)
        yield Finding(
            when=truth(lists_gpu(wrap)) | (nccl & truth(own)),
            at=wrap,
            because=(("it is moved to the GPU only here", moved),) if moved is not None else (),
        )


def lists_gpu(wrap):
    """`device_ids` surely names a GPU: DDP refuses that for a module on the CPU."""
    given = wrap.thing("device_ids")
    return isinstance(given, ListObject) and given.complete and len(given.items) > 0
