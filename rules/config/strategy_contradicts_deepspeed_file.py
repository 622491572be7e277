from dtlint.job.plan import Plan
from dtlint.rule import Finding

HOME = "lightning.pytorch.strategies"
STRATEGIES = (f"{HOME}.DeepSpeedStrategy", f"{HOME}.deepspeed.DeepSpeedStrategy")
SECTIONS = {"offload_optimizer": "offload_optimizer", "offload_parameters": "offload_param"}
"""Switches of the strategy, and the sections of a configuration that do the same."""


def check(plan: Plan):
    made = list(plan.process.run.called(*STRATEGIES)) if plan.source == "lightning" else []
    if len(made) != 1 or made[0].open or made[0].argument("config").is_absent:
        return
    event = made[0]
    stage, zero = event.argument("stage"), plan.record.field("zero_optimization")
    if zero.is_absent:
        return
    if not stage.is_absent:
        yield Finding(
            when=stage != plan.zero_stage,
            at=event.argument_at("stage"),
            because=(plan.zero_stage,),
            here=f"stage={stage}",
            there=f"stage {plan.zero_stage}",
        )
    for name, section in SECTIONS.items():
        if zero.field(section).is_absent:
            yield Finding(
                when=event.argument(name) == True,  # noqa: E712 - a Truth
                at=event.argument_at(name),
                because=(zero,),
                here=f"{name}=True",
                there=f"nothing of {section}",
            )
