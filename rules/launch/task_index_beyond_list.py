from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.task_clusters import APART, told
from dtlint.value import known


def check(process: Process):
    found = told(process)
    lists = found.lists if found is not None else None
    kind = found.kind.string if lists else None
    if kind in (lists or {}) and kind != APART:
        count = len(lists[kind])
        yield Finding(
            when=found.index >= known(count),
            at=found.written_at(found.index),
            because=(("TF_CONFIG is set here", found.at),),
            kind=kind,
            index=found.index,
            count=count,
            last=count - 1,
        )
