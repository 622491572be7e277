from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.script import Instance
from dtlint.run.wrapping import FSDP, parameters_of, sharded

CLIP = "torch.nn.utils.clip_grad_norm_"


def check(process: Process):
    run = process.run
    if run is None or run.truncated or process.world is None:
        return
    for clip in run.called(CLIP):
        model = parameters_of(clip.thing("parameters"))
        wrap = model.made_by if isinstance(model, Instance) and model.is_a(FSDP) else None
        group = wrap.thing("process_group") if wrap is not None else None
        if wrap is not None and clip.surely and wrap.surely and sharded(wrap) and group is None:
            yield Finding(when=process.world.size > 1, at=clip, because=(("the gradients are cut up", wrap),))
