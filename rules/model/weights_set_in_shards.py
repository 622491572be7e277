from dtlint.job.plan import Plan
from dtlint.rule import Finding
from dtlint.run.partitioned import lost
from dtlint.run.saving import happens

OUTCOMES = {
    "load_state_dict": "fails",
    "xavier_uniform_": "fails",
    "xavier_normal_": "fails",
    "orthogonal_": "fails",
    "copy_": "fails or sets nothing",
}


def check(plan: Plan):
    run = plan.process.run if plan.process is not None else None
    if run is None or not (plan.direct or plan.source == "accelerate"):
        return
    for one in lost(run, plan):
        yield Finding(
            when=one.when & happens(one.event),
            at=one.event,
            because=(("the parameters are cut up here", one.since),),
            call=one.event.method,
            outcome=OUTCOMES.get(one.event.method, "sets nothing"),
        )
