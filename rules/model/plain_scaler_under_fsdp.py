from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.script import Instance
from dtlint.run.steps import optimizer_of, scaled
from dtlint.run.wrapping import FSDP, drawn_from, sharded
from dtlint.value import known


def check(process: Process):
    run, world = process.run, process.world
    if run is None or run.truncated or world is None:
        return
    for step in run.events:
        found = scaled(step) if step.method == "step" and step.surely else None
        optimizer = optimizer_of(step) if found is not None else None
        if found is None or optimizer is None or found[1].open:
            continue
        model = drawn_from(optimizer.made_by.thing("params"))
        wrap = model.made_by if isinstance(model, Instance) and model.is_a(FSDP) else None
        if wrap is None or not wrap.surely or not sharded(wrap):
            continue
        enabled = found[1].argument("enabled").or_default(known(True))
        yield Finding(
            when=(enabled == True) & (world.size > 1),  # noqa: E712 - a Truth
            at=found[1],
            because=(("the gradients are cut up", wrap), ("it decides whether to step", step)),
        )
