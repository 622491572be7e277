from dtlint.job.run import Run
from dtlint.rule import Finding
from dtlint.run.task_clusters import missing
from dtlint.value import TRUE


def check(run: Run):
    for one, (kind, index) in missing(run):
        address = one.address((kind, index))
        yield Finding(
            when=TRUE,
            at=one.written_at(address),
            because=(("TF_CONFIG is set here", one.at), ("a task that waits is started here", one.process)),
            kind=kind,
            index=index,
            address=address,
        )
        return
