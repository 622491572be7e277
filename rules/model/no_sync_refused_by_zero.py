from dtlint.job.plan import Plan
from dtlint.rule import Finding
from dtlint.run.collectives import comes_about
from dtlint.run.scaling import ENGINE
from dtlint.value import TRUE


def check(plan: Plan):
    run = plan.process.run if plan.process is not None else None
    # Of several engines nobody knows here which one has this configuration.
    if run is None or not plan.direct or len(list(run.called("deepspeed.initialize"))) != 1:
        return
    # Asked whether the window is complete, the engine always says yes where nothing is accumulated.
    asked = any(run.called(ENGINE + ".is_gradient_accumulation_boundary"))
    comes = plan.accumulation > 1 if asked else TRUE
    for event in run.called(ENGINE + ".no_sync"):
        if not event.caught and comes_about(event, run):
            stage = plan.zero_stage
            yield Finding(when=(stage >= 2) & comes, at=event, because=(stage,), stage=stage)
