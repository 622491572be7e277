from dtlint.job.process import Process
from dtlint.mend import word
from dtlint.rule import Finding
from dtlint.run.tensor_columns import columns_behind
from dtlint.value import TRUE


def check(process: Process):
    if process.run is None:
        return
    for one in columns_behind(process.run):
        apart = one.first.style.at != one.second.style.at
        place = one.second.style.at
        yield Finding(
            when=TRUE,
            at=one.second.style,
            because=(
                (f"{one.first.name} is cut by columns here", one.first.style),
                (f"its outputs go into {one.second.name}", one.at),
                one.first.degree,
            ),
            edits=[word(place, "ColwiseParallel", "RowwiseParallel", r"\bRowwiseParallel\b")] if apart else [],
            first=one.first.name,
            second=one.second.name,
            inputs=one.inputs,
            part=one.part,
            degree=one.first.degree,
        )
