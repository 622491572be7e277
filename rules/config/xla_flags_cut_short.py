from dtlint.job.run import Run
from dtlint.job.variables import variables
from dtlint.job.xla import VARIABLES, unread
from dtlint.rule import Finding
from dtlint.value import TRUE


def check(run: Run):
    for variable in variables(run):
        rest = unread(variable.text) if variable.name in VARIABLES else ""
        if rest:
            yield Finding(when=TRUE, at=variable.at, name=variable.name, word=rest.split()[0])
