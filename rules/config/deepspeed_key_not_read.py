from dtlint.job.plan import Plan
from dtlint.rule import Finding
from dtlint.run.deepspeed_keys import may_read_files, unread
from dtlint.value import TRUE, Fields


def check(plan: Plan):
    if plan.source not in ("deepspeed", "accelerate", "lightning"):
        return
    for one in unread(plan.record):
        written = bool(one.value.trail) and (one.value.known or isinstance(one.value.content, Fields))
        if written and (one.sure or left_to_deepspeed(plan, one.value)):
            yield Finding(when=TRUE, at=one.value, key=one.key, meant=one.meant)


def left_to_deepspeed(plan, value):
    """The key stands in a file that the program surely does not look into itself."""
    run = plan.process.run if plan.process is not None else None
    return run is not None and value.at.path not in run.modules and not may_read_files(run)
