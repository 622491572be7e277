from dtlint.job.run import Run
from dtlint.job.variables import variables
from dtlint.job.xla import VARIABLES, misspelt
from dtlint.rule import Finding
from dtlint.value import TRUE


def check(run: Run):
    for variable in variables(run):
        for flag, known in misspelt(variable.text) if variable.name in VARIABLES else ():
            yield Finding(when=TRUE, at=variable.at, flag=flag, known=known)
