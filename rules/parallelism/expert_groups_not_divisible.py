from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.value import known

EXPERTS = "deepspeed.moe.layer.MoE"


def check(process: Process):
    run, world = process.run, process.world
    if run is None or world is None or not any(event.surely for event in run.called("deepspeed.initialize")):
        return
    for event in run.called(EXPERTS):
        group = event.argument("ep_size").as_int()
        experts = event.argument("num_experts").as_int().or_default(known(1))
        if not event.surely or group.is_absent:
            continue
        for number, what, at in (
            (experts, "experts", event.argument_at("num_experts")),
            (world.size, "processes", event.argument_at("ep_size")),
        ):
            yield Finding(
                when=(group > 1) & (number > 0) & (number % group != 0),
                at=at,
                because=(("started here", process), number, group),
                number=number,
                what=what,
                group=group,
            )
