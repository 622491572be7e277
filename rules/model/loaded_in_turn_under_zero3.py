from dtlint.job.plan import Plan
from dtlint.rule import Finding
from dtlint.run.saving import happens
from dtlint.run.zero3_loading import cut_up_on_the_way, loads

IN_TURN = ("main_process_first", "local_main_process_first")


def check(plan: Plan):
    run = plan.process.run if plan.process is not None else None
    if run is None or plan.world is None:
        return
    for load in loads(run):
        block = next((each for each in load.contexts if each.row is not None and each.method in IN_TURN), None)
        told = cut_up_on_the_way(plan, load) if block is not None else None
        if told is not None:
            event, surely = told
            yield Finding(
                when=surely & (plan.world.size > 1) & happens(load),
                at=load,
                because=(
                    ("one process goes first here", block),
                    plan.zero_stage,
                    ("transformers is told of it here", event),
                ),
                size=plan.world.size,
                block=block.method,
            )
