from dtlint.job.run import Run
from dtlint.rule import Finding
from dtlint.run.effects import Effect
from dtlint.run.groups import INITIALISER

CONTAINERS = ("apptainer", "singularity")
BRINGS = ("--nv", "--nvccli", "--rocm", "--intel-hpu")
VARIABLES = ("NV", "NVCCLI", "ROCM")
"""`APPTAINER_NV=1` stands for `--nv`."""


def check(run: Run):
    told = set()
    for launch in run.launches:
        brought = launch.options.hidden or any(launch.options.has(name) for name in BRINGS)
        if launch.at in told or launch.tool not in CONTAINERS or brought:
            continue
        given = launch.environment
        if any(given.set(f"{tool.upper()}_{name}") for tool in CONTAINERS for name in VARIABLES):
            continue
        for process in run.processes:
            use = needs(process) if runs(launch, process) else None
            above = process.launch.allocation if process.launch is not None else None
            if use is not None and above is not None:
                told.add(launch.at)
                yield Finding(
                    when=(above.gpus_per_node > 0) | (above.gpus_per_task > 0),
                    at=launch,
                    because=(("what needs a GPU", use), above.gpus_per_node),
                    tool=launch.tool,
                )
                break


def runs(launch, process):
    """The command of the process is what the container is told to run."""
    return any(child.argv == process.exec.argv for child in launch.children)


def needs(process):
    """A call that fails without CUDA."""
    events = process.run.events if process.run is not None else ()
    for event in events:
        binds = event.row is not None and Effect.BINDS_DEVICE in event.row.effects
        meets = event.name == INITIALISER and event.argument("backend").string == "nccl"
        if event.surely and not event.caught and (binds or meets):
            return event
    return None
