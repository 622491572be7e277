from dtlint.job.plan import Plan
from dtlint.rule import Finding

SAVE = "transformers.Trainer.save_model"


def check(plan: Plan):
    if plan.source != "deepspeed" or plan.world is None:
        return
    runs = [process for process in plan.world.processes if process.run is not None]
    for process in runs:
        for event in process.run.called(SAVE):
            for other in runs:
                missing = all(event.at != each.at for each in other.run.called(SAVE))
                if missing and other.run.reached_end and not other.run.truncated and not other.run.unread:
                    yield Finding(
                        when=plan.zero_stage == 3,
                        at=event,
                        because=(plan.zero_stage,),
                        first=process.label,
                        second=other.label,
                    )
                    break
