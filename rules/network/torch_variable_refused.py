from dtlint.job.c10d import refused
from dtlint.job.run import Run
from dtlint.job.variables import variables
from dtlint.rule import Finding
from dtlint.value import TRUE


def check(run: Run):
    for variable in variables(run):
        known = refused(variable.name, variable.text)
        if known is not None:
            yield Finding(when=TRUE, at=variable.at, name=variable.name, text=variable.text, known=known)
