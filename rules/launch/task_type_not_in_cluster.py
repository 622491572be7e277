from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.task_clusters import APART, told
from dtlint.value import TRUE


def check(process: Process):
    found = told(process)
    kinds = found.kinds if found is not None else None
    kind = found.kind.string if kinds else None
    if kind is not None and kind not in (*kinds, APART):
        yield Finding(
            when=TRUE,
            at=found.written_at(found.kind),
            because=(("TF_CONFIG is set here", found.at),),
            kind=kind,
            kinds=", ".join(kinds),
        )
