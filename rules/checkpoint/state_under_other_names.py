from dtlint.job.run import Run
from dtlint.rule import Finding
from dtlint.run.restoring import misnamed
from dtlint.value import TRUE


def check(run: Run):
    for one in misnamed(run.processes):
        saved, expected = ("with", "without") if one.wrapped else ("without", "with")
        yield Finding(
            when=TRUE,
            at=one.put,
            because=(("the state is saved here", one.save),),
            saved=saved,
            expected=expected,
        )
