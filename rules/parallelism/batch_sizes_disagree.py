from dtlint.job.plan import Plan
from dtlint.mend import written
from dtlint.rule import Finding


def check(plan: Plan):
    if plan.source != "deepspeed" or plan.global_batch.is_absent:
        return
    # What is not given is computed as a whole number (1 for the accumulation if the micro batch is not given either).
    given = [value for value in (plan.micro_batch, plan.accumulation) if not value.is_absent]
    each = plan.data_parallel
    for value in given:
        each = each * value
    complete = len(given) == 2
    factors = " * ".join(str(value) for value in (*given, plan.data_parallel))
    yield Finding(
        when=((plan.global_batch != each) if complete else (plan.global_batch % each != 0)) & (plan.global_batch > 0),
        at=plan.global_batch if plan.global_batch.trail else plan,
        because=(*given, plan.world_size),
        edits=(written(plan.global_batch, str(each)),) if complete and each.known else (),
        batch=plan.global_batch,
        relation="not" if complete else "no multiple of",
        product=f"{factors} = {each}" if given else factors,
    )
