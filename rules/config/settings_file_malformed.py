from dtlint.job.plan import Plan
from dtlint.rule import Finding
from dtlint.value import TRUE

REFUSED = (
    "it ends before all brackets are closed", "`]` where `}` belongs", "`}` where `]` belongs",
    "more text behind its end",
)  # fmt: skip
"""What both readers stop at: `hjson`, which DeepSpeed uses, lets comments, missing quotes and further commas pass, and
`json`, which transformers uses, does not."""


def check(plan: Plan):
    process = plan.process
    if plan.source != "deepspeed" or process is None:
        return
    commanded = process.launch is not None and process.launch.tool != "presumed"
    named = [event.argument_at("config") for event in process.run.called("deepspeed.initialize")] if process.run else []
    place = process if commanded else next(iter(named), None)
    for problem in plan.problems:
        reason = problem.message.partition(": ")[2]
        if place is not None and reason in REFUSED:
            yield Finding(
                when=TRUE,
                at=place,
                because=[("here its reader stops", problem.at)],
                path=problem.at.path,
                reason=reason,
            )
