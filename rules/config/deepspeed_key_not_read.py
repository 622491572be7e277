from dtlint.facts.script import Import, ImportFrom
from dtlint.job.plan import Plan
from dtlint.rule import Finding
from dtlint.run.deepspeed_keys import unread
from dtlint.value import TRUE, Fields

READERS = frozenset(("json", "hjson", "json5", "commentjson", "yaml", "omegaconf"))


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
    if run is None or run.unread or run.truncated or run.documents or value.at.path in run.modules:
        return False
    imports = [one for program in run.programs for one in program.body if isinstance(one, Import | ImportFrom)]
    return not any(one.module.partition(".")[0] in READERS for one in imports)
