from dtlint.job.fabrics import WORDS, misspelt, misspelt_words
from dtlint.job.run import Run
from dtlint.job.variables import variables
from dtlint.rule import Finding
from dtlint.value import TRUE

LIBRARIES = {"UCX_TLS": "transport of UCX", "FI_PROVIDER": "provider of libfabric"}


def check(run: Run):
    for setting in run.settings:
        found = misspelt(setting.name) if setting.exported else None
        if found is not None:
            library, known = found
            yield Finding(when=TRUE, at=setting.at, what=f"variable of {library}", name=setting.name, known=known)
    for variable in variables(run):
        for word, known in misspelt_words(variable.name, variable.text) if variable.name in WORDS else ():
            yield Finding(when=TRUE, at=variable.at, what=LIBRARIES[variable.name], name=word, known=known)
