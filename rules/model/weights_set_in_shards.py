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
    for one in lost(run, plan) if run is not None else ():
        yield Finding(
            when=one.when & happens(one.event),
            at=one.event,
            because=(("the parameters are cut up here", one.since), *stage(plan, one)),
            call=one.event.method,
            outcome=OUTCOMES.get(one.event.method, "sets nothing"),
        )


def stage(plan, one):
    """Which configuration has what is loaded cut up."""
    return (plan.zero_stage,) if one.since.method == "from_pretrained" and plan.zero_stage.trail else ()
