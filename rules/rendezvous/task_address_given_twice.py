from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.task_clusters import APART, told
from dtlint.value import TRUE


def check(process: Process):
    found = told(process)
    seen = {}
    for kind, addresses in ((found.lists if found is not None else None) or {}).items():
        for index, address in enumerate(addresses if kind != APART else ()):
            if address.string in seen:
                yield Finding(
                    when=TRUE,
                    at=found.written_at(address),
                    because=(("TF_CONFIG is set here", found.at),),
                    first=seen[address.string],
                    second=f"{kind} {index}",
                    address=address,
                )
                return
            if address.string is not None:
                seen[address.string] = f"{kind} {index}"
