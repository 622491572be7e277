from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.effects import Effect
from dtlint.run.steps import without_gradients
from dtlint.run.wrapping import DDP

NO_SYNC = DDP + ".no_sync"


def check(process: Process):
    run, world = process.run, process.world
    if run is None or not run.complete or world is None:
        return
    # The script may average by itself what it accumulates.
    if any(event.method.startswith(("all_", "reduce")) for event in run.effects(Effect.COLLECTIVE)):
        return
    backward = next((event for event in run.effects(Effect.BACKWARD) if event.surely), None)
    step = next((event for event in run.events if event.method == "step" and event.loops), None)
    for wrap in run.called(DDP):
        forwards = [event for event in run.called(DDP + ".__call__") if event.receiver is wrap.result]
        forwards = [event for event in forwards if not without_gradients(event)]
        if not wrap.surely or getattr(wrap.result, "unseen", True) or backward is None or step is None or not forwards:
            continue
        held = [suspended(event, wrap.result) for event in forwards]
        if all(held) and all(event.surely for event in held) and forwards[0].surely:
            yield Finding(
                when=world.size > 1,
                at=held[0],
                because=(("the module is wrapped", wrap), ("the only forward pass", forwards[0]), ("a step", step)),
            )


def suspended(forward, wrapper):
    """The `no_sync` of the wrapper within which the forward pass stands."""
    return next((one for one in forward.contexts if one.name == NO_SYNC and one.receiver is wrapper), None)
