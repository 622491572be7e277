from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.horovod_steps import averaged_steps, of_optimizer
from dtlint.value import TRUE

CLIP = ("torch.nn.utils.clip_grad_norm_", "torch.nn.utils.clip_grad_value_")


def check(process: Process):
    run = process.run
    if run is None or run.truncated:
        return
    for found in averaged_steps(run):
        clip = next((event for event in found.between if event.name in CLIP and event.surely), None)
        waits = any(event.method == "synchronize" and event.receiver is not None for event in run.events)
        if clip is None or waits or clip.loops != found.backward.loops or not found.step.surely:
            continue
        if of_optimizer(clip.thing("parameters"), found.wrap):
            yield Finding(
                when=TRUE,
                at=clip,
                because=(("they begin to be averaged here", found.backward), ("and are waited for here", found.step)),
            )
            return
