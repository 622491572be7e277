from dtlint.job.nccl import DEBUG_LEVELS, DEBUG_PARTS, unknown_words
from dtlint.job.run import Run
from dtlint.job.variables import variables
from dtlint.rule import Finding
from dtlint.value import TRUE

QUIET = frozenset({"", "0", "off", "none", "no", "false", "disable", "disabled"})
LEVELS = "VERSION, WARN, INFO or TRACE"
PARTS = "parts such as INIT, NET, GRAPH, ENV, or ALL"


def check(run: Run):
    for variable in variables(run):
        words, known = [], LEVELS
        if variable.name == "NCCL_DEBUG":
            level = variable.text.strip()
            words = [level] if level.lower() not in DEBUG_LEVELS | QUIET else []
        elif variable.name == "NCCL_DEBUG_SUBSYS":
            words, known = unknown_words(variable.text.replace(" ", ""), DEBUG_PARTS), PARTS
        if words:
            yield Finding(when=TRUE, at=variable.at, name=variable.name, word=words[0], known=known)
