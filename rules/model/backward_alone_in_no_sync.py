from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.collectives import comes_about
from dtlint.run.effects import Effect
from dtlint.run.wrapping import DDP


def check(process: Process):
    run, world = process.run, process.world
    if run is None or world is None:
        return
    for backward in run.effects(Effect.BACKWARD):
        held = next((one for one in backward.contexts if one.name == DDP + ".no_sync"), None)
        if held is None or not comes_about(backward, run):
            continue
        before = [event for event in run.called(DDP + ".__call__") if event.index < backward.index]
        forward = next((event for event in reversed(before) if event.receiver is held.receiver), None)
        if forward is None or held in forward.contexts or forward.loops != backward.loops or suspended(forward):
            continue
        yield Finding(
            when=world.size > 1,
            at=held,
            because=(("the forward pass is outside", forward), ("the backward pass", backward)),
        )
        return


def suspended(forward):
    """It stands in another `no_sync`, or asks for no gradients."""
    return any(one.method in ("no_sync", "no_grad", "inference_mode") for one in forward.contexts)
