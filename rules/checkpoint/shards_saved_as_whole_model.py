from dtlint.job.plan import Plan
from dtlint.rule import Finding
from dtlint.run.gathering import largest
from dtlint.run.saving import happens, saves_ungathered, wrapped

GATHERS = ("GatheredParameters", "load_state_dict_from_zero_checkpoint")
PLAIN = ("torch.no_grad", "torch.inference_mode")


def check(plan: Plan):
    run = plan.process.run if plan.process is not None else None
    if run is None or not (plan.direct or plan.source == "accelerate"):
        return
    wraps = [(wrap, model) for wrap, model in wrapped(run) if wrap.surely and largest(model)]
    if len(wraps) != 1 or any(event.method in GATHERS for event in run.events):
        return
    wrap, model = wraps[0]
    for event in run.events:
        within = any(context.name not in PLAIN for context in event.contexts)
        if event.index > wrap.index and not within and saves_ungathered(event, model):
            yield Finding(
                when=(plan.zero_stage == 3) & (plan.persistent < largest(model)) & happens(event),
                at=event,
                because=(plan.zero_stage, ("the parameters are cut up here", wrap)),
                call=event.method if event.method == "save_pretrained" else event.name,
            )
