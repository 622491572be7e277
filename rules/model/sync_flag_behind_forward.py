from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.effects import Effect
from dtlint.run.sync_flags import the_only_setting
from dtlint.run.wrapping import DDP
from dtlint.value import every


def check(process: Process):
    run, world = process.run, process.world
    if run is None or world is None or len(list(run.called(DDP))) != 1 or any(run.called(DDP + ".no_sync")):
        return
    setting = the_only_setting(run)
    forwards = [event for event in run.called(DDP + ".__call__") if event.surely]
    if setting is None or not forwards:
        return
    forward = forwards[0]
    behind = [event for event in run.effects(Effect.BACKWARD) if event.index > forward.index]
    step = next((event for event in run.events if event.index > forward.index and event.method == "step"), None)
    if not behind or step is None or not between(forward, setting, behind[0]):
        return
    again = next((event for event in forwards[1:] if event.at == forward.at), None)
    followed = again is not None and again.index < step.index
    if followed or step.loops != forward.loops or step.branches != forward.branches:
        yield Finding(
            when=(world.size > 1) & every(loop.count > 1 for loop in forward.loops[len(step.loops) :]),
            at=setting,
            because=(("the forward pass", forward), ("the backward pass", behind[0]), ("the step", step)),
        )


def between(forward, place, backward):
    """All three stand in one function, in this order."""
    if not forward.at.path == place.path == backward.at.path or forward.stack != backward.stack:
        return False
    return forward.loops == backward.loops and forward.at.end <= place.start and place.end <= backward.at.start
