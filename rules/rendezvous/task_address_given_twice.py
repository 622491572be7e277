from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.task_clusters import APART, told
from dtlint.value import TRUE


def check(process: Process):
    found = told(process)
    seen = []
    for kind, addresses in (found.listed if found is not None else {}).items():
        for index, address in enumerate(addresses if kind != APART else ()):
            task = f"{kind} {index}"
            first = next((other for other, there in seen if address.same(there)), None)
            if first is not None:
                yield Finding(
                    when=TRUE,
                    at=found.written_at(address),
                    because=(("TF_CONFIG is set here", found.at),),
                    first=first,
                    second=task,
                    address=address,
                )
                return
            seen.append((task, address))
