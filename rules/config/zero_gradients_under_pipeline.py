from dtlint.job.plan import Plan
from dtlint.rule import Finding, near
from dtlint.run.saving import happens
from dtlint.run.script.objects import ClassObject, Instance, maker

ENGINES = {"deepspeed": "DeepSpeed", "colossalai": "Colossal-AI"}


def check(plan: Plan):
    process = plan.process
    if not plan.pipeline.is_absent:
        yield Finding(
            when=(plan.pipeline > 1) & (plan.zero_stage >= 2),
            at=near(plan.zero_stage, plan),
            because=(plan.pipeline,),
            engine=ENGINES.get(plan.source, plan.source),
            stage=plan.zero_stage,
        )
        return
    if plan.source != "deepspeed" or process is None or process.run is None:
        return
    trains = any(event.method == "train_batch" for event in process.run.events)
    for event in process.run.called("deepspeed.initialize"):
        model = event.thing("model")
        if not (pipelined(model) or (trains and holds_one(model))):
            continue
        stage = plan.zero_stage
        made = maker(model)
        yield Finding(
            when=(stage >= 2) & happens(event),
            at=near(stage, event),
            because=(
                *((("the pipeline is made here", made),) if made is not None else ()),
                ("the pipeline gets its engine here", event),
            ),
            engine="DeepSpeed",
            stage=stage,
        )


def pipelined(thing):
    if isinstance(thing, Instance) and any(name.endswith(".PipelineModule") for name in thing.class_names):
        return True
    made = maker(thing)
    return made is not None and made.method == "PipelineModule"


def holds_one(thing):
    """A module of the script around a pipeline."""
    return isinstance(thing, Instance) and isinstance(thing.cls, ClassObject) and any(
        pipelined(part) for part in thing.attributes.values()
    )
