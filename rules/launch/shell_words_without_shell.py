from dtlint.job.container import Container
from dtlint.rule import Finding
from dtlint.value import TRUE

SHELL_WORDS = frozenset({"&&", "||", ";", "|"})
PROGRAMS = frozenset(
    ("accelerate", "cd", "deepspeed", "export", "git", "horovodrun", "mpirun", "pip", "pip3", "python", "python3",
     "source", "torchrun")
)  # fmt: skip


def check(container: Container):
    words = container.command or ()
    program = (words[0].string or "").rpartition("/")[2] if words else ""
    found = next((word for word in words if word.string in SHELL_WORDS), None)
    if program in PROGRAMS and found is not None:
        yield Finding(when=TRUE, at=found.at, word=found.string, program=program)
