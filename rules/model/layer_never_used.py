from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.effects import Effect
from dtlint.run.layers import never_read
from dtlint.run.lightning import waits_for_all_gradients
from dtlint.run.script import Instance
from dtlint.run.script.loops import STRATEGY
from dtlint.run.wrapping import DDP
from dtlint.value import known

HARMLESS = ("torch.autocast", "torch.amp.autocast", "torch.cuda.amp.autocast")
EXCUSED = ("no_sync", "join", "_set_static_graph", "register_comm_hook")


def check(process: Process):
    run = process.run
    if run is None or run.truncated or any(event.method in EXCUSED for event in run.events):
        return
    for wrap in run.called(DDP, f"{STRATEGY}.setup"):
        by_lightning = wrap.name != DDP
        model = wrap.thing("model" if by_lightning else "module")
        found = steps(run, wrap)
        if found is None or not wrap.surely or not isinstance(model, Instance):
            continue
        forward, backward = found
        search = wrap.argument("find_unused_parameters").or_default(known(False))
        if by_lightning:
            search = waits_for_all_gradients(process).mapped("search", lambda waits: not waits)
        static = wrap.argument("static_graph").or_default(known(False))
        for name, made in never_read(run, model):
            yield Finding(
                when=(search == False) & (static == False),  # noqa: E712 - Truths
                at=made,
                because=(("DDP waits for its gradient", wrap), ("a step begins", forward), ("and ends", backward)),
                name=name,
            )


def steps(run, wrap):
    """A forward pass through the wrapper and a backward pass, both in each round of one loop."""
    if getattr(wrap.result, "unseen", True):
        return None
    by_lightning = wrap.name != DDP
    for forward in run.called(f"{STRATEGY}.training_step" if by_lightning else f"{DDP}.__call__"):
        through = forward.thing("model") if by_lightning else forward.receiver
        if through is not wrap.result or not forward.surely or not forward.loops:
            continue
        if any(context.name not in HARMLESS for context in forward.contexts):
            continue
        for backward in run.effects(Effect.BACKWARD):
            same = backward.loops[: len(forward.loops)] == forward.loops
            if same and backward.surely and backward.index > forward.index:
                return forward, backward
    return None
