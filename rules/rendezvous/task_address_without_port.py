from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.task_clusters import APART, told
from dtlint.value import TRUE


def check(process: Process):
    found = told(process)
    for kind, addresses in ((found.lists if found is not None else None) or {}).items():
        for index, address in enumerate(addresses):
            if kind != APART and address.string and ":" not in address.string:
                yield Finding(
                    when=TRUE,
                    at=found.written_at(address),
                    because=(("TF_CONFIG is set here", found.at),),
                    kind=kind,
                    index=index,
                    address=address,
                )
                return
