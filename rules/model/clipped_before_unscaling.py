from dtlint.job.process import Process
from dtlint.mend import Beside
from dtlint.rule import Finding
from dtlint.run.steps import scaled, training_steps
from dtlint.value import known

CLIP = ("torch.nn.utils.clip_grad_norm_", "torch.nn.utils.clip_grad_value_")


def check(process: Process):
    run = process.run
    if run is None or run.truncated:
        return
    for one in training_steps(run):
        found = scaled(one.step)
        made = getattr(one.backward.receiver, "made_by", None)
        if found is None or found[1].open or made is None or made.method != "scale" or made.receiver is not found[0]:
            continue
        between = [event for event in run.events if one.backward.index < event.index < one.step.index]
        clip = next((event for event in between if event.name in CLIP and beside(event, one.step)), None)
        if clip is None or any(event.method == "unscale_" for event in run.events):
            continue
        enabled = found[1].argument("enabled").or_default(known(True))
        yield Finding(
            when=enabled == True,  # noqa: E712 - a Truth
            at=clip,
            edits=(Beside(clip.at, one.step.at, r"([\w.]+)\.step\(([\w.]+)\)", r"\1.unscale_(\2)"),),
            because=(("the loss is multiplied", made), ("divided again only here", one.step)),
        )


def beside(clip, step):
    """Who comes to the step came by the clipping."""
    return clip.branches == step.branches[: len(clip.branches)] and clip.loops == step.loops
