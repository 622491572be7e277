from dtlint.job.plan import Plan
from dtlint.rule import Finding
from dtlint.run.collectives import unmet
from dtlint.run.gathering import Gatherings

DONE = {"__call__": "runs a forward pass", "forward": "runs a forward pass", "module": "runs a forward pass"}


def check(plan: Plan):
    if plan.world is None or plan.source not in ("deepspeed", "accelerate"):
        return
    gatherings = {run: Gatherings(run) for run in plan.world.runs}
    for one in unmet(plan.world, lambda event, run: gatherings[run].waits(event, plan).surely):
        yield Finding(
            when=gatherings[one.caller.run].waits(one.event, plan),
            at=one.event,
            because=(plan.zero_stage, plan.fully_sharded),
            first=one.caller.label,
            done=DONE.get(one.event.method, f"calls {one.event.method}"),
            engine="ZeRO" if plan.fully_sharded.is_absent else "FSDP",
            second=one.other.label,
        )
