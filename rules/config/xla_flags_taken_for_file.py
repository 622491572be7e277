from dtlint.job.run import Run
from dtlint.job.variables import variables
from dtlint.job.xla import VARIABLES, taken_for_file
from dtlint.rule import Finding
from dtlint.value import TRUE


def check(run: Run):
    for variable in variables(run):
        if variable.name in VARIABLES and taken_for_file(variable.text):
            yield Finding(when=TRUE, at=variable.at, name=variable.name, text=variable.text.strip())
