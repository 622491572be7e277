from dtlint.job.nccl import meant
from dtlint.job.run import Setting
from dtlint.mend import word
from dtlint.rule import Finding
from dtlint.value import truth


def check(setting: Setting):
    known = meant(setting.name) if setting.exported else None
    if known is not None:
        edits = (word(setting.at, setting.name, known),)
        yield Finding(when=truth(True), at=setting.at, edits=edits, name=setting.name, known=known)
