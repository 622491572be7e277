from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.script.objects import Instance, ListObject
from dtlint.run.spread_layers import gpus_of
from dtlint.run.wrapping import DDP
from dtlint.value import TRUE


def check(process: Process):
    run = process.run
    for wrap in run.called(DDP) if run is not None and not run.truncated else ():
        module, listed = wrap.thing("module"), wrap.thing("device_ids")
        named = isinstance(listed, ListObject) and listed.complete and listed.items
        if not isinstance(module, Instance) or module.unseen or not named or not wrap.surely or wrap.caught:
            continue
        found = sorted(gpus_of(module, run, wrap).items())
        if len(found) > 1:
            (first, one), (second, other) = found[:2]
            yield Finding(
                when=TRUE,
                at=wrap.argument_at("device_ids"),
                because=((f"a layer goes to cuda:{first}", one), (f"a layer goes to cuda:{second}", other)),
                first=first,
                second=second,
            )
