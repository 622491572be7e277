from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.wrapping import BATCH_NORMS, DDP, holds, trains

CONVERSION = "torch.nn.SyncBatchNorm.convert_sync_batchnorm"
# From 1.9 on DDP tells the layers nothing: torch/nn/modules/batchnorm.py, pytorch/pytorch#55946.
INDIFFERENT = 1_009


def check(process: Process):
    run, torch, world = process.run, process.torch, process.world
    if run is None or run.truncated or torch.is_absent or world is None or not trains(run):
        return
    wraps = list(run.called(DDP))
    for made in run.called(CONVERSION):
        given = made.thing("module")
        before = [wrap for wrap in wraps if wrap.index < made.index and given in (wrap.result, wrap.thing("module"))]
        if len(before) != 1 or any(wrap.index > made.index for wrap in wraps):
            # Wrapped once more, the new layers are told.
            continue
        (wrap,) = before
        module = wrap.thing("module")
        calls = (call for call in run.called(DDP + ".__call__") if call.receiver is wrap.result)
        forward = next((call for call in calls if call.index > made.index), None)
        if not (made.surely and wrap.surely) or forward is None or not forward.surely or module is None:
            continue
        if any(event.method == "eval" and event.index < forward.index for event in run.events):
            # A layer that does not train does not ask.
            continue
        if holds(module, BATCH_NORMS):
            old = torch.mapped("release", number) < INDIFFERENT
            yield Finding(
                when=old & (world.size > 1),
                at=made,
                because=(("DDP prepares the layers that are there", wrap), ("the first forward pass", forward), torch),
                release=torch,
            )


def number(release):
    """1.7.1 is 1007, 1.13 is 1013."""
    major, minor = [*str(release).split("."), "0"][:2]
    return int(major) * 1_000 + int(minor)
