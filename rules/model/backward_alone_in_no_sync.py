from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.collectives import comes_about
from dtlint.run.effects import Effect
from dtlint.run.no_sync_blocks import blocks
from dtlint.run.wrapping import DDP


def check(process: Process):
    run, world = process.run, process.world
    if run is None or world is None:
        return
    for block in blocks(run):
        for backward in run.effects(Effect.BACKWARD):
            if not block.holds(backward) or not all(comes_about(event, run) for event in (backward, block.entered)):
                continue
            before = [event for event in run.called(DDP + ".__call__") if event.index < backward.index]
            forward = next((event for event in reversed(before) if event.receiver is block.entered.receiver), None)
            if forward is None or block.holds(forward) or forward.loops != backward.loops or suspended(forward):
                continue
            yield Finding(
                when=world.size > 1,
                at=block.entered,
                because=(("the forward pass is outside", forward), ("the backward pass", backward)),
            )
            return


def suspended(forward):
    """It stands in another `no_sync`, or asks for no gradients."""
    return any(one.method in ("no_sync", "no_grad", "inference_mode") for one in forward.contexts)
