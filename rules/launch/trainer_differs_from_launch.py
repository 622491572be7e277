from dtlint.job.process import Process
from dtlint.rule import Finding, near
from dtlint.run.lightning import interactive, trainers
from dtlint.run.script.objects import ListObject, as_value
from dtlint.value import known, unknown


def check(process: Process):
    launch = process.launch
    if process.run is None or launch is None or launch.tool not in ("srun", "torchrun"):
        return
    for event in trainers(process):
        nodes, devices = event.argument("num_nodes").as_int().or_default(known(1)), number(event, process)
        if launch.tool == "torchrun":
            yield of_torchrun(event, nodes, devices, launch)
        elif not interactive(process):
            yield from of_slurm(event, nodes, devices, process, launch)


def of_torchrun(event, nodes, devices, launch):
    size = launch.total
    return Finding(
        when=(nodes * devices != size) & (size > 0),
        at=near(devices, event),
        trainer=event.method,
        because=(("the trainer is made here", event), ("started here", launch), size),
        told=f"num_nodes={nodes} and devices={devices}",
        tool="torchrun",
        started=f"{size} processes",
    )


def of_slurm(event, nodes, devices, process, launch):
    started = process.variable("SLURM_NNODES").as_int()
    yield Finding(
        when=nodes != started,
        at=event.argument_at("num_nodes"),
        because=(("started here", launch), started),
        trainer=event.method,
        told=f"num_nodes={nodes}",
        tool="srun",
        started=f"tasks on {started} nodes",
    )
    tasks = process.variable("SLURM_NTASKS_PER_NODE").as_int()
    if not tasks.is_absent:
        yield Finding(
            when=devices != tasks,
            at=event.argument_at("devices"),
            because=(("started here", launch), tasks),
            trainer=event.method,
            told=f"devices={devices}",
            tool="srun",
            started=f"{tasks} tasks on each node",
        )


def number(event, process):
    """How many devices a process of the trainer would use on its node."""
    given = event.argument("devices")
    thing = event.thing("devices")
    hidden = unknown("devices", key=("devices", event.at))
    if not event.argument("gpus").is_absent:
        return hidden
    if isinstance(thing, ListObject):
        return as_value(thing).length
    if given.is_absent or given.string == "auto" or given.integer == -1:
        on_gpu = event.argument("accelerator").string in ("gpu", "cuda")
        return process.visible_gpus if on_gpu else hidden
    if given.string is not None and "," in given.string:
        return hidden
    return given.as_int()
