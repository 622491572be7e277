from dtlint.job.plan import Plan
from dtlint.rule import Finding
from dtlint.value import TRUE

REFUSED = (
    "it ends before all brackets are closed", "`]` where `}` belongs", "`}` where `]` belongs",
    "more text behind its end",
)  # fmt: skip
"""What both readers stop at: `hjson`, which DeepSpeed uses, lets comments, missing quotes and further commas pass, and
`json`, which the others use, does not."""


def check(plan: Plan):
    process = plan.process
    if process is None or (plan.source != "deepspeed" and not plan.reader):
        return
    commanded = process.launch is not None and process.launch.tool != "presumed"
    named = [event.argument_at("config") for event in process.run.called("deepspeed.initialize")] if process.run else []
    place = process if commanded or plan.reader else next(iter(named), None)
    for problem in plan.problems:
        reason = problem.message.partition(": ")[2]
        if place is not None and reason and (plan.reader or reason in REFUSED):
            yield Finding(
                when=TRUE,
                at=problem.at,
                because=[("it is read here", place)],
                path=problem.at.path,
                reader=plan.reader or "DeepSpeed",
                reason=reason,
            )
