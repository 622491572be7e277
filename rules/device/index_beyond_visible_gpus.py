from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.devices import by_global_rank, seen, uses


def check(process: Process):
    launch = process.launch
    if process.run is None or process.world is None or (launch is None and process.spawned_by is None):
        return
    for use in uses(process.run):
        if use.index.is_absent or not use.event.surely or by_global_rank(use, process):
            continue
        visible = seen(process, use.event)
        own = use.index.integer == process.local and visible.same(process.visible_gpus)
        if launch is not None and launch.one_gpu_each and own:
            continue  # more processes were started than there are GPUs, which is the launcher's mistake
        beyond = use.index >= visible
        gpus = "1 GPU" if visible.integer == 1 else f"{visible} GPUs"
        yield Finding(when=beyond, at=use.at, because=(visible,), process=process.label, index=use.index, visible=gpus)
        if beyond.surely:
            return
