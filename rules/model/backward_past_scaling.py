from dtlint.job.run import Run
from dtlint.rule import Finding
from dtlint.run.scaling import scalings


def check(run: Run):
    for one in scalings(run):
        yield Finding(
            when=one.scales,
            at=one.backward,
            because=((f"the model is handed to {one.engine}", one.setup), one.precision),
            engine=one.engine,
            precision=one.words,
            remedy=one.remedy,
        )
