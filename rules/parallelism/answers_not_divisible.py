from dtlint.job.plan import Plan
from dtlint.rule import Finding, near


def check(plan: Plan):
    answers, batch = plan.answers, plan.answers_at_once
    if answers.is_absent or batch.is_absent:
        return
    yield Finding(
        when=(batch % answers != 0) & (answers > 0),
        at=near(answers, plan),
        because=(batch,),
        answers=answers,
        batch=batch,
    )
