from dtlint.job.nccl import LEVELS
from dtlint.job.run import Run
from dtlint.job.variables import variables
from dtlint.rule import Finding
from dtlint.value import truth

NAMES = ("NCCL_P2P_LEVEL", "NCCL_NET_GDR_LEVEL")


def check(run: Run):
    for variable in variables(run):
        if variable.name in NAMES and variable.text:
            unknown = variable.text not in LEVELS and not variable.text[0].isdigit()
            yield Finding(when=truth(unknown), at=variable.at, name=variable.name, level=variable.text)
