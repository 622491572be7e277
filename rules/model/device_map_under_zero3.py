from dtlint.job.plan import Plan
from dtlint.rule import Finding
from dtlint.run.saving import happens
from dtlint.run.script.objects import DictObject, as_value
from dtlint.run.zero3_loading import cut_up_on_the_way, loads
from dtlint.value import FALSE, TRUE, truth


def check(plan: Plan):
    run = plan.process.run if plan.process is not None else None
    for load in loads(run) if run is not None else ():
        told = cut_up_on_the_way(plan, load)
        given = load.thing("device_map")
        if told is not None and given is not None:
            event, surely = told
            yield Finding(
                when=surely & placed(given) & happens(load),
                at=load.argument_at("device_map"),
                because=(plan.zero_stage, ("transformers is told of it here", event)),
            )


def placed(given):
    """Something is given, whatever it is."""
    if isinstance(given, DictObject):
        return TRUE
    value = as_value(given)
    return truth(value.constant is not None) if value.known else FALSE
