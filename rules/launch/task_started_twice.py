from dtlint.job.run import Run
from dtlint.rule import Finding
from dtlint.run.task_clusters import APART, together, twins
from dtlint.value import TRUE


def check(run: Run):
    for mine, theirs in (*together(run), *twins(run)):
        if mine.place is not None and mine.place == theirs.place and mine.kind.string != APART:
            kind, index = mine.place
            yield Finding(
                when=TRUE,
                at=theirs.written_at(theirs.index),
                because=(("the other one", mine.written_at(mine.index)), ("started here", theirs.process)),
                first=where(mine),
                second=where(theirs),
                kind=kind,
                index=index,
            )
            return


def where(one):
    name = one.process.host.name
    return f"the process on {name}" if name.known else f"the process at {one.process.label}"
