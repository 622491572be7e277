from dtlint.job.plan import Plan
from dtlint.rule import Finding
from dtlint.run.saving import answered, happens, wrapped

OUTCOMES = {
    "get_state_dict": "raises ValueError",
    "save_16bit_model": "writes no file",
    "save_fp16_model": "writes no file",
}


def check(plan: Plan):
    run = plan.process.run if plan.process is not None else None
    if run is None or not (plan.direct or plan.source == "accelerate"):
        return
    wraps = {wrap.index for wrap, _ in wrapped(run)}
    if not wraps or (plan.direct and len(wraps) > 1):
        return
    for event in run.events:
        outcome = OUTCOMES.get(event.method)
        whose = "accelerate.Accelerator" if event.method == "get_state_dict" else None
        if outcome is None or whose not in (None, event.name.rpartition(".")[0]) or event.index < min(wraps):
            continue
        if not answered(run, event):
            yield Finding(
                when=(plan.zero_stage == 3) & (plan.gathers_on_save == False) & happens(event),  # noqa: E712
                at=event,
                because=(plan.gathers_on_save, plan.zero_stage),
                call=event.method,
                outcome=outcome,
            )
