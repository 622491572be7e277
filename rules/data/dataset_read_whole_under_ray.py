from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.ray_data import trainer_of, whole


def check(process: Process):
    found = whole(process) if trainer_of(process) is not None else None
    if found is not None:
        rows, source = found
        yield Finding(
            when=process.launch.total > 1,
            at=rows,
            because=(("all of it is read here", source), process.launch.total),
            workers=process.launch.total,
        )
