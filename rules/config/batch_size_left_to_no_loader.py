from dtlint.job.plan import Plan
from dtlint.rule import Finding
from dtlint.run.prepared_alone import KEY, prepared_alone


def check(plan: Plan):
    one = prepared_alone(plan)
    if one is None:
        return
    said = (f"{KEY} is auto", one.asked)
    here = said if one.asked.trail else ("DeepSpeed is given no file, so that it is auto", plan)
    yield Finding(when=one.when, at=one.prepared, because=(here,), key=KEY)
