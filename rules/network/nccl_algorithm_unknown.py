from dtlint.job.nccl import ALGORITHMS, PROTOCOLS, unknown_words
from dtlint.job.run import Run
from dtlint.job.variables import variables
from dtlint.rule import Finding
from dtlint.value import TRUE

WORDS = {"NCCL_ALGO": (ALGORITHMS, "Tree, Ring, CollnetDirect, CollnetChain, NVLS, NVLSTree and PAT"),
         "NCCL_PROTO": (PROTOCOLS, "LL, LL128 and Simple")}  # fmt: skip


def check(run: Run):
    for variable in variables(run):
        known, shown = WORDS.get(variable.name, (None, ""))
        words = unknown_words(variable.text, known) if known is not None else []
        if words:
            yield Finding(when=TRUE, at=variable.at, name=variable.name, word=f'"{words[0]}"', known=shown)
