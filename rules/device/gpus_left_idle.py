from dtlint.job.run import Run
from dtlint.job.visibility import mask, visible
from dtlint.rule import Finding, near
from dtlint.run.devices import WRAPPER, familiar, starts_processes, uses
from dtlint.run.one_gpu import prepared_for_one_gpu
from dtlint.value import How


def check(run: Run):
    for world in run.worlds:
        launch, followed = world.first, [process for process, _ in world.followed]
        if not followed or world.above is not None or launch.tool == "presumed" or not alone(run, world):
            continue
        process = followed[0]
        granted = visible(process.environment, process.host)
        if not shown_to_all(launch, process) or not asked_for(granted) or not all(map(one_gpu, followed)):
            continue
        yield Finding(
            when=(granted > launch.per_node) & (launch.per_node > 0) & (launch.nodes > 0),
            at=near(launch.per_node, process) if launch.per_host else process,
            because=(granted, launch.per_node, *kind(launch), ("this wraps the model for one GPU", one_gpu(process))),
            granted=granted,
            started=launch.per_node,
        )


def kind(launch):
    """What has accelerate start one process, whatever else is said."""
    told = launch.config.field("distributed_type")
    return (told,) if launch.tool == "accelerate" and told.trail else ()


def shown_to_all(launch, process):
    """No variable hides GPUs from one process alone: none at all does, or one that the launcher found and handed on."""
    own, given = mask(process.environment), mask(launch.environment)
    return own is None or (given is not None and own.same(given) and not launch.spreads)


def asked_for(granted):
    """The job itself says so, and not the configuration of dtlint for all jobs of the cluster, small ones too."""
    return bool(granted.trail) and all(step.how is not How.ASSUMED for step in granted.trail)


def one_gpu(process):
    """The call that wraps the model, of a process that trains on one GPU: nothing that it calls or starts could use
    another one."""
    run = process.run
    if run.truncated or run.children or run.subprocesses or starts_processes(run):
        return None
    if not familiar(run):
        return prepared_for_one_gpu(process)
    wrapped = [event for event in run.called(WRAPPER) if event.surely]
    if not wrapped or any(event.thing("device_ids") is None for event in wrapped):
        return None  # without device_ids one process may spread its model over several GPUs
    taken = {use.index.integer for use in uses(run) if not use.index.is_absent}
    return wrapped[0] if len(taken) == 1 and None not in taken else None


def alone(run, world):
    """Nothing else of the job runs on its hosts at the same time."""
    if any(command.ended is not None for command in run.commands):
        return False
    machines = {launch.host.machine for launch in world.launches} | {one.host.machine for one in world.processes}
    for other in run.worlds:
        hosts = {launch.host.machine for launch in other.launches} | {one.host.machine for one in other.processes}
        if other is not world and machines & hosts:
            return False
    return all(process.world is world for process in run.processes if process.host.machine in machines)
