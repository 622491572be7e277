from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.script.objects import Instance
from dtlint.run.task_clusters import PARAMETER_SERVER, RESOLVER, told
from dtlint.value import TRUE


def check(process: Process):
    found = told(process)
    lists = found.lists if found is not None else None
    for event in process.run.called(*PARAMETER_SERVER) if lists and process.run is not None else ():
        cluster = event.given(0, "cluster_resolver")
        made = process.run.made_by(cluster) if isinstance(cluster, Instance) else None
        lacking = [name for name in ("ps", "worker") if not lists.get(name)]
        if made is not None and made.name == RESOLVER and lacking and event.surely:
            yield Finding(
                when=TRUE,
                at=event,
                because=(("TF_CONFIG is set here", found.at),),
                lacking=" and a ".join(lacking),
                kinds=", ".join(lists),
            )
