from dtlint.job.process import Process
from dtlint.rule import Finding, near
from dtlint.run.lightning import TRAINERS, strategy
from dtlint.run.script.objects import ListObject
from dtlint.value import known

ENVIRONMENT = "LightningEnvironment"


def check(process: Process):
    if process.launch is None:
        return
    node, local = (process.variable(name).as_int() for name in ("NODE_RANK", "LOCAL_RANK"))
    if not node.known or not local.known or node.integer is None or local.integer is None:
        return
    for event in process.called(*TRAINERS):
        if not event.surely or strategy(event) is None or not asks_variables(event):
            continue
        nodes, devices = event.argument("num_nodes").as_int().or_default(known(1)), devices_of(event)
        rank, size = node * devices + local, nodes * devices
        yield Finding(
            when=(devices > 0) & (rank >= size),
            at=near(node, event),
            because=(local, nodes, devices, ("this one computes it", event), ("started here", process)),
            node=node,
            local=local,
            devices=devices,
            rank=rank,
            size=size,
        )
        return


def asks_variables(event):
    """It is given the environment that takes NODE_RANK and LOCAL_RANK, among its plugins or with its strategy."""
    given = event.thing("plugins")
    plugins = given.items if isinstance(given, ListObject) else (given,)
    made = getattr(event.thing("strategy"), "made_by", None)
    if made is not None:
        plugins = (*plugins, made.thing("cluster_environment"))
    return any(getattr(getattr(one, "made_by", None), "method", "") == ENVIRONMENT for one in plugins)


def devices_of(event):
    given = event.argument("devices")
    return (event.argument("gpus") if given.is_absent else given).as_int()
